"""Reading Stripe: lists side by side, reduced to what a comparison needs."""
