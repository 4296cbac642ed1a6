"""Makes and reads purchases: test purchases with Stripe's test helpers, and past ones with their history."""
