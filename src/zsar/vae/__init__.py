"""Cross-aligned VAEs of motion and text, as CADA-VAE, SynSE, MSF and AMSF train them."""
