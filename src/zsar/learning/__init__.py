"""What methods and encoders share: the world they see, losses and the training loop."""
