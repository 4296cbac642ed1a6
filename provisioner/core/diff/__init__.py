"""The differences between the configuration and Stripe, as changes."""
