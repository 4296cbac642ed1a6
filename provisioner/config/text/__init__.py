"""Files as values: YAML read safely, with the place of everything, and what may be read besides."""
