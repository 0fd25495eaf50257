"""Descriptions of the classes and their embeddings."""
