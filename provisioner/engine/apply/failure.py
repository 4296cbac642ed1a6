"""Classify failed writes: whether the write may still have been carried out."""

from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError

SAME_KEY_OTHER_PARAMETERS = "idempotency_error"
CLIENT_ERRORS, SERVER_ERRORS = 400, 500
TRANSIENT = frozenset({409, 429})  # another request is in the way (docs.stripe.com/error-low-level)
# Keys for one step in 24 hours; each failure that Stripe keeps uses one up.
ATTEMPTS = 100
# Of them, how many new ones one run uses whose outcome only looks can tell: later runs need the others.
DOUBTS = 5
# Seconds by which a look at what is new reaches back, as Stripe counts whole seconds.
MARGIN = 60
# Seconds between the looks that must agree before another key is used: lists may lag behind writes.
PAUSES = (1.0, 2.0, 4.0, 8.0)


def is_of_the_past(error: StripeError) -> bool:
    """Return whether the answer comes from what Stripe stored for the key, not from the current state."""
    return error.replayed or error.code == SAME_KEY_OTHER_PARAMETERS


def is_refusal_kept(error: StripeError) -> bool:
    """Return whether Stripe has stored a refusal for the key with exactly these parameters."""
    same = error.replayed and error.code != SAME_KEY_OTHER_PARAMETERS
    return same and CLIENT_ERRORS <= error.status < SERVER_ERRORS


def is_open(error: StripeError) -> bool:
    """Return whether the write may have happened despite the error (docs.stripe.com/error-low-level)."""
    return is_of_the_past(error) or error.status >= SERVER_ERRORS


def is_lasting(error: ProvisionerError) -> bool:
    """Return whether Stripe would refuse the same again until somebody fixes the declaration or the key."""
    if not isinstance(error, StripeError):
        return isinstance(error, AccessError)
    return CLIENT_ERRORS <= error.status < SERVER_ERRORS and error.status not in TRANSIENT
