"""Pictures of recordings and of classes."""
