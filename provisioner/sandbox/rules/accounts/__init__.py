"""Accounts, and what their keys may do."""
