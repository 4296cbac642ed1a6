"""The only package that talks to Stripe through its SDK."""

from provisioner.stripe_api.gateway import StripeReader, StripeWriter
from provisioner.stripe_api.pace import LIMITS, Limits, limits_for
from provisioner.stripe_api.transport import Transport

__all__ = ["LIMITS", "Limits", "StripeReader", "StripeWriter", "Transport", "limits_for"]
