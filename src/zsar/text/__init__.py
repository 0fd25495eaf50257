"""What the classes mean: descriptions and their embeddings."""
