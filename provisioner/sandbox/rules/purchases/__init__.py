"""Authorizations and transactions: purchases, from the request to the refund."""
