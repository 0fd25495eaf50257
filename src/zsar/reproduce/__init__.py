"""`zsar reproduce`: whole published tables by name, from raw recordings to our numbers beside theirs."""
