"""Reads YAML files and folders into a `Config`, checks them, and reports all problems at once."""
