"""From raw recordings to arrays: readers of formats, protocols, splits and artifacts."""
