"""Retries failed requests. A run without failures loads neither this module nor tenacity."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event

import tenacity

from provisioner.stripe_api.failure import CallError
from provisioner.stripe_api.http import Reply
from provisioner.stripe_api.retry import is_busy, is_locked, may_retry

ATTEMPTS = 8
PATIENT_ATTEMPTS = 60  # attempts if Stripe is up, but busy
PATIENCE = 180.0  # seconds for all attempts of one request, if Stripe is up, but busy
LOST_PATIENCE = 90.0  # the same if there is no response, or a failure in Stripe
LONGEST_WAIT = 30.0
NOTICED = 3.0  # seconds after which a user may wonder what the program is waiting for

_backoff = tenacity.wait_random_exponential(multiplier=0.25, max=5.0)
# a lock, or our own request that is still in flight
_soon = tenacity.wait_random_exponential(multiplier=0.05, max=1.0)


def again(
    failed: CallError,
    once: Callable[[float], Reply],
    begun: float,
    stop: Event,
    sleep: Callable[[float], None],
    waits: Callable[[CallError, float], None],
) -> Reply:
    """
    Retry a request whose first attempt began at `begun` (monotonic seconds) and raised `failed`.

    `once` makes one attempt, and is called with the seconds left for all attempts together. `waits` is called
    with the failure and these seconds before a wait that users would notice. Returns the response. Raises the
    last failure, with the number of attempts, if no other may follow or `stop` is set.
    """
    first, last = [failed], failed

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
        before_sleep=partial(_notice, begun, waits),
        reraise=True,
    )
    try:
        return retrying(attempt)
    except CallError as error:
        error.attempts = retrying.statistics["attempt_number"]
        raise


def _notice(begun: float, waits: Callable[[CallError, float], None], state: tenacity.RetryCallState) -> None:
    """Report a wait that users would notice."""
    error, took = _error(state), time.monotonic() - begun
    if isinstance(error, CallError) and took + state.upcoming_sleep >= NOTICED:
        waits(error, _patience(error) - took)


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _patience(error: BaseException | None) -> float:
    return PATIENCE if is_busy(error) else LOST_PATIENCE


class _Spent(tenacity.stop.stop_base):
    """Stops when all attempts are used up, or the next one would begin too late."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        error = _error(retry_state)
        most = PATIENT_ATTEMPTS if is_busy(error) else ATTEMPTS
        late = time.monotonic() - self._begun + retry_state.upcoming_sleep >= _patience(error)
        return late or retry_state.attempt_number >= most


def _wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds to wait: those of Stripe's Retry-After, or exponential backoff with full jitter."""
    error = _error(state)
    headers = error.headers if isinstance(error, CallError) else {}
    asked = str(headers.get("retry-after", ""))
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return _soon(state) if is_locked(error) else _backoff(state)
