"""Authorizations and transactions: purchases, from the question to the refund."""
