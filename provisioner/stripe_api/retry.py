"""Which failures may be tried again.

Stripe's own word goes first: `Stripe-Should-Retry`, `Retry-After`, `Stripe-Rate-Limited-Reason`
(docs.stripe.com/error-low-level, docs.stripe.com/rate-limits).
"""

from provisioner.stripe_api.failure import AnswerError, CallError, LostError

CONFLICT, TOO_MANY, SERVER_ERRORS = 409, 429, 500
REPLAYED = "idempotent-replayed"


def may_retry(error: BaseException) -> bool:
    """
    Whether a failure may be gone the next time.

    A replayed failure never is: it is what Stripe has kept for the key.
    """
    if not isinstance(error, CallError) or isinstance(error, AnswerError):
        return False
    if isinstance(error, LostError):
        return error.may_pass
    headers = error.headers
    if headers.get(REPLAYED) == "true":
        return False
    should = headers.get("stripe-should-retry")
    if should in ("true", "false"):
        return should == "true"
    busy = error.status in (TOO_MANY, CONFLICT)
    return busy or error.status >= SERVER_ERRORS


def for_concurrency(error: CallError) -> bool:
    """Whether Stripe refuses because of too many requests at once."""
    reason = str(error.headers.get("stripe-rate-limited-reason", ""))
    return error.status == TOO_MANY and reason.endswith("concurrency")


def is_busy(error: BaseException | None) -> bool:
    """Whether Stripe is well, and refuses for the time being."""
    return isinstance(error, CallError) and error.status in (TOO_MANY, CONFLICT)


def is_locked(error: BaseException | None) -> bool:
    """429 without a limiter's reason is another writer on the object; 409 our own request under way."""
    if not isinstance(error, CallError):
        return False
    limited = "stripe-rate-limited-reason" in error.headers
    return error.status == CONFLICT or (error.status == TOO_MANY and not limited)
