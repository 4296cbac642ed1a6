"""A language server for editors: problems, names and their places, and what a card may spend."""
