"""What the stages of a pipeline do, on artifacts of a cell: load, train and select, evaluate."""
