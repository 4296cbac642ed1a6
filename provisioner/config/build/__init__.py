"""Builds resources from documents: fills references, merges sections and profiles, normalizes fields."""
