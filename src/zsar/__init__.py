"""Zero-shot action recognition from skeleton recordings."""
