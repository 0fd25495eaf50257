"""Text encoders, one file per kind.

A file offers `Settings`, `embed(settings, sentences, device, cache)` and `limit(settings)`: the
tokens it reads of a text, or None where that is not known.
"""
