"""Reads the state of Stripe and carries out plans, through interfaces that other packages implement."""
