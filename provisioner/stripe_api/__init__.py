"""The only package that talks to Stripe through its SDK."""
