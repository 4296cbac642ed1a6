"""The only package that talks to Stripe: it reads by HTTP alone, and writes through Stripe's SDK."""

from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.estimate import Remaining
from provisioner.stripe_api.gateway import StripeReader, StripeWriter
from provisioner.stripe_api.rate_limit import Limits, at_least, limits_for

__all__ = [
    "Limits",
    "Remaining",
    "StripeReader",
    "StripeWriter",
    "Transport",
    "at_least",
    "limits_for",
]
