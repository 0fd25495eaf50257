"""How raw files are opened: archives, arrays, pickles, NTU text, csv and YAML with line numbers."""
