"""Which of some classes or sentences a recording is: for clips that belong to no data set."""
