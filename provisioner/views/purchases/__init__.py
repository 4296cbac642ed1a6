"""Formats scenarios and test purchases as text and as documents."""
