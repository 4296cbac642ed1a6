"""Comparison of what was approved with what would be done now."""
