"""Choreograph the embedded demo data set and write it as its owners would distribute it."""
