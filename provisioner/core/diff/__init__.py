"""What differs between the configuration and Stripe, as changes."""
