"""The only package that talks to Stripe: it reads by HTTP alone, and writes through Stripe's SDK."""
