"""Classifies failed writes: whether the write may have been carried out nevertheless."""

from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError

SAME_KEY_OTHER_PARAMETERS = "idempotency_error"
CLIENT_ERRORS, SERVER_ERRORS = 400, 500
TRANSIENT = frozenset({409, 429})  # another request interferes (docs.stripe.com/error-low-level)
# Keys for one step in 24 hours; each failure that Stripe stores uses up one.
ATTEMPTS = 100
# The most new keys with an unknown outcome that one run uses; later runs need the others.
DOUBTS = 5
# Seconds by which a search for new objects looks back, because Stripe's times are whole seconds.
MARGIN = 60
# Seconds between two searches that must agree before another key is used: lists may lag behind writes.
PAUSES = (1.0, 2.0, 4.0, 8.0)


def is_of_the_past(error: StripeError) -> bool:
    """Return whether the answer comes from what Stripe stored for the key, not from the current state."""
    return error.replayed or error.code == SAME_KEY_OTHER_PARAMETERS


def is_refusal_kept(error: StripeError) -> bool:
    """Return whether Stripe has stored a rejection for the key with exactly these parameters."""
    same = error.replayed and error.code != SAME_KEY_OTHER_PARAMETERS
    return same and CLIENT_ERRORS <= error.status < SERVER_ERRORS


def is_open(error: StripeError) -> bool:
    """Return whether the write may have happened despite the error (docs.stripe.com/error-low-level)."""
    return is_of_the_past(error) or error.status >= SERVER_ERRORS


def is_lasting(error: ProvisionerError) -> bool:
    """
    Return whether Stripe would reject the request again until somebody fixes the configuration or the
    key.
    """
    if not isinstance(error, StripeError):
        return isinstance(error, AccessError)
    return CLIENT_ERRORS <= error.status < SERVER_ERRORS and error.status not in TRANSIENT
