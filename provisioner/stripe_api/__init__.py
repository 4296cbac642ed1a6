"""The only package that talks to Stripe: it reads by HTTP alone, and writes through Stripe's SDK."""

from provisioner.stripe_api.eta import Remaining
from provisioner.stripe_api.gateway import StripeReader, StripeWriter
from provisioner.stripe_api.pace import Limits, at_least, limits_for
from provisioner.stripe_api.transport import Transport

__all__ = [
    "Limits",
    "Remaining",
    "StripeReader",
    "StripeWriter",
    "Transport",
    "at_least",
    "limits_for",
]
