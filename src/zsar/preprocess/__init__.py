"""From recordings to the clips that encoders take, by lists of named steps."""
