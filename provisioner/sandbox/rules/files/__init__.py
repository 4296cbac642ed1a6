"""Uploaded files, and links to them."""
