"""Accounts and the permissions of their keys."""
