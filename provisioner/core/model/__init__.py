"""The nouns: resources, what Stripe answered, the configuration, money, errors."""
