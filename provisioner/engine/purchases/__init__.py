"""Test purchases, made with Stripe's test helpers."""
