"""YAML in, declared resources out, and every problem at once."""
