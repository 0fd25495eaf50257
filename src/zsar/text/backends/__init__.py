"""Text encoders, one file per kind.

A file offers `Settings`, `embed(settings, sentences, device, cache)`, `limit(settings)`: the tokens
it reads of a text, or None where that is not known, and `missing(settings)`: what it lacks here, in
words.
"""
