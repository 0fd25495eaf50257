"""`zsar reproduce`: published tables by name, from recordings to our numbers beside theirs."""
