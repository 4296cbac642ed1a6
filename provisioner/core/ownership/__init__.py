"""Ownership: the metadata that says which project an object belongs to, and the objects by address."""
