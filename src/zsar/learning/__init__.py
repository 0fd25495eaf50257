"""What methods and encoders share: their inputs, losses and the training loop."""
