"""Rules for which failed requests may be retried.

Stripe's headers take precedence: `Stripe-Should-Retry`, `Retry-After`, `Stripe-Rate-Limited-Reason`
(docs.stripe.com/error-low-level, docs.stripe.com/rate-limits).
"""

from provisioner.stripe_api.failure import AnswerError, CallError, LostError

CONFLICT, TOO_MANY, SERVER_ERRORS = 409, 429, 500
REPLAYED = "idempotent-replayed"


def may_retry(error: BaseException) -> bool:
    """
    Return True if another attempt may succeed.

    A replayed failure is never retried: Stripe has stored it for the idempotency key.
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
    """Return True if Stripe rejected a request because too many were in flight at once."""
    reason = str(error.headers.get("stripe-rate-limited-reason", ""))
    return error.status == TOO_MANY and reason.endswith("concurrency")


def is_busy(error: BaseException | None) -> bool:
    """Return True if Stripe is up, but rejects the request for now (429 or 409)."""
    return isinstance(error, CallError) and error.status in (TOO_MANY, CONFLICT)


def is_locked(error: BaseException | None) -> bool:
    """Return True for a lock: 429 without a limiter's reason (another writer), or 409 (our request)."""
    if not isinstance(error, CallError):
        return False
    limited = "stripe-rate-limited-reason" in error.headers
    return error.status == CONFLICT or (error.status == TOO_MANY and not limited)
