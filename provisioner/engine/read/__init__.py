"""Reads Stripe: lists in parallel, reduced to the data that a comparison needs."""
