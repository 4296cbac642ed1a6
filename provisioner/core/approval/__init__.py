"""Compares approved changes with the changes that an apply would make now."""
