"""Computes the differences between the configuration and Stripe, as changes."""
