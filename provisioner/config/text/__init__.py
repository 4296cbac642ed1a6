"""Reads YAML files with the place of each value, and the other files that a configuration may refer to."""
