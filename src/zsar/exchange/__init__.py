"""What passes between this pipeline and other people's code: weights, features and clips."""
