"""Scenarios and test purchases, for people and for machines."""
