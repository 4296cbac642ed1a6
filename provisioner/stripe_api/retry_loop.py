"""Further attempts of a request that has failed; what never fails never loads this, nor tenacity."""

import time
from collections.abc import Callable
from threading import Event

import tenacity

from provisioner.stripe_api.failure import CallError
from provisioner.stripe_api.http import Reply
from provisioner.stripe_api.retry import is_busy, is_locked, may_retry

ATTEMPTS = 8
PATIENT_ATTEMPTS = 60  # where Stripe is well and only busy
PATIENCE = 180.0  # seconds for one request with all of its attempts, where Stripe is well and only busy
LOST_PATIENCE = 90.0  # the same where there is no answer, or a failure
LONGEST_WAIT = 30.0

_backoff = tenacity.wait_random_exponential(multiplier=0.25, max=5.0)
_soon = tenacity.wait_random_exponential(multiplier=0.05, max=1.0)  # a lock, or our own request under way


def again(
    failed: CallError,
    once: Callable[[float], Reply],
    begun: float,
    stop: Event,
    sleep: Callable[[float], None],
) -> Reply:
    """
    Try again what `failed` the first time, which was `begun` then (monotonic seconds).

    `once` is given the seconds that are left, so that attempts do not multiply the time. Returns the answer
    that comes at last, or raises the last failure: one that will not pass, or when the attempts or the
    patience are used up, or `stop` is set.
    """
    first = [failed]
    last = failed

    def attempt() -> Reply:
        nonlocal last
        if first:
            raise first.pop()
        try:
            return once(max(1.0, begun + _patience(last) - time.monotonic()))
        except CallError as error:
            last = error
            raise

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(may_retry),
        wait=_wait,
        stop=tenacity.stop_any(_Spent(begun), tenacity.stop_when_event_set(stop)),
        sleep=sleep,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except CallError as error:
        error.attempts = retrying.statistics["attempt_number"]
        raise


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _patience(error: BaseException | None) -> float:
    return PATIENCE if is_busy(error) else LOST_PATIENCE


class _Spent(tenacity.stop.stop_base):
    """When all attempts are spent, or the next one would begin too late."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        error = _error(retry_state)
        most = PATIENT_ATTEMPTS if is_busy(error) else ATTEMPTS
        late = time.monotonic() - self._begun + retry_state.upcoming_sleep >= _patience(error)
        return late or retry_state.attempt_number >= most


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as Stripe says (in seconds), else exponential with full jitter."""
    error = _error(state)
    headers = error.headers if isinstance(error, CallError) else {}
    asked = str(headers.get("retry-after", ""))
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return _soon(state) if is_locked(error) else _backoff(state)
