"""Balances and what moves them."""
