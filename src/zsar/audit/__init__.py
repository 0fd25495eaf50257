"""What published protocols add: the readings of a method on the same clips, seeds and features,
compared clip by clip."""
