"""Reads files into values: YAML with the place of each value, and the other files that it may refer to."""
