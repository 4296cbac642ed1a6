"""Which failures are tried again, when, and for how long.

Stripe's own word goes first: `Stripe-Should-Retry`, `Retry-After`, `Stripe-Rate-Limited-Reason`
(docs.stripe.com/error-low-level, docs.stripe.com/rate-limits).
"""

from collections.abc import Callable
from threading import Event

import tenacity

from provisioner.stripe_api.failure import AnswerError, CallError, LostError

ATTEMPTS = 8
PATIENT_ATTEMPTS = 60  # where Stripe is well and only busy
PATIENCE = 180.0  # seconds for one request with all of its attempts
LONGEST_WAIT = 30.0
CONFLICT, TOO_MANY, SERVER_ERRORS = 409, 429, 500
REPLAYED = "idempotent-replayed"

_backoff = tenacity.wait_random_exponential(multiplier=0.25, max=5.0)
_soon = tenacity.wait_random_exponential(multiplier=0.05, max=1.0)  # a lock, or our own request under way


def retrying(stop: Event, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Retry as said above; once `stop` is set, what fails has failed."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(may_retry),
        wait=_wait,
        stop=tenacity.stop_any(
            _Spent(), tenacity.stop_before_delay(PATIENCE), tenacity.stop_when_event_set(stop)
        ),
        sleep=sleep,
        reraise=True,
    )


def may_retry(error: BaseException) -> bool:
    """
    Whether a failure may be gone the next time.

    A replayed failure never is: it is what Stripe has kept for the key.
    """
    if not isinstance(error, CallError) or isinstance(error, AnswerError):
        return False
    headers = error.headers
    if headers.get(REPLAYED) == "true":
        return False
    should = headers.get("stripe-should-retry")
    if should in ("true", "false"):
        return should == "true"
    busy = error.status in (TOO_MANY, CONFLICT)
    return isinstance(error, LostError) or busy or error.status >= SERVER_ERRORS


def for_concurrency(error: CallError) -> bool:
    """Whether Stripe refuses because of too many requests at once."""
    reason = str(error.headers.get("stripe-rate-limited-reason", ""))
    return error.status == TOO_MANY and reason.endswith("concurrency")


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, CallError) and error.status in (TOO_MANY, CONFLICT)


def _is_locked(error: BaseException | None) -> bool:
    """429 without a limiter's reason is another writer on the object; 409 our own request under way."""
    if not isinstance(error, CallError):
        return False
    limited = "stripe-rate-limited-reason" in error.headers
    return error.status == CONFLICT or (error.status == TOO_MANY and not limited)


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


class _Spent(tenacity.stop.stop_base):
    """When all attempts are spent."""

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        most = PATIENT_ATTEMPTS if _is_busy(_error(retry_state)) else ATTEMPTS
        return retry_state.attempt_number >= most


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as Stripe says (in seconds), else exponential with full jitter."""
    error = _error(state)
    headers = error.headers if isinstance(error, CallError) else {}
    asked = str(headers.get("retry-after", ""))
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return _soon(state) if _is_locked(error) else _backoff(state)
