"""Random histories of an estate, and an independent check of what has become of it after each step."""
