"""What can go wrong with one request, before it is put into words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class CallError(Exception):
    """
    A request that has failed.

    `status` is the answer's (0 without one), `headers` are its own, in any case of letters, and
    `details` is what Stripe says in the answer's `error`. `repeated` says that an earlier attempt of the
    same request failed before this one.
    """

    status = 0
    headers: Mapping[str, str] = NOTHING
    details: Mapping[str, Any] = NOTHING
    repeated = False


class AnswerError(CallError):
    """An answer that cannot be used; `says` why. Another try would end alike."""

    def __init__(self, says: str) -> None:
        self.says = says
        super().__init__(says)


class LostError(CallError):
    """No answer, or none that can be read; another try may bring it. `says` which."""

    def __init__(self, says: str = "could not be reached, or did not answer in time") -> None:
        self.says = says
        super().__init__(says)


class RefusalError(CallError):
    """An answer of status 400 and above."""

    def __init__(self, status: int, headers: Mapping[str, str], details: Mapping[str, Any]) -> None:
        self.status, self.headers, self.details = status, headers, details
        super().__init__(str(details.get("message") or f"HTTP {status}"))
