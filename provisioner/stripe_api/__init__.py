"""The only package that calls Stripe: it reads over plain HTTP and writes through Stripe's SDK."""
