"""Judges purchases by spending controls, without asking Stripe."""
