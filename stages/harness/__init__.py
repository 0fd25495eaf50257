"""What all stages share: being called, knowing their own sources, reading and writing."""
