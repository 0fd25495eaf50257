"""Classes described in numbers of the body, and the same numbers measured on recordings."""
