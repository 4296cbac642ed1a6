"""Scenarios and test purchases, as text and as documents."""
