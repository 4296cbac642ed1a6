"""The data model: resources, Stripe's responses, the configuration, money, errors."""
