"""Purchases, judged by spending controls without asking Stripe."""
