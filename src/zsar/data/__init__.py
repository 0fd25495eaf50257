"""From raw recordings to arrays: readers, preprocessing, protocols and artifacts."""
