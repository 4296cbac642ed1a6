"""Cardholders and their cards."""
