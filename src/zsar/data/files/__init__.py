"""Readers of files: archives, arrays, pickles, NTU text, csv, and YAML with line numbers."""
