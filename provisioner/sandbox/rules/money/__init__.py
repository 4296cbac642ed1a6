"""Balances, top-ups, and bank transfers."""
