"""The ways in which a request to Stripe can fail."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class CallError(Exception):
    """A request that failed."""

    status = 0
    """The HTTP status of the response; 0 without one."""
    headers: Mapping[str, str] = NOTHING
    """The headers of the response; their names are found in upper and lower case."""
    details: Mapping[str, Any] = NOTHING
    """The `error` object in the response."""
    attempts = 1
    """The number of times that the request was tried."""


class AnswerError(CallError):
    """A response that cannot be used, with the reason in `says`; another attempt would fail, too."""

    def __init__(self, says: str) -> None:
        self.says = says
        super().__init__(says)


class LostError(CallError):
    """
    No response, or one that is not JSON. `says` is the reason; `advice` is a sentence about what to
    check.
    """

    def __init__(
        self, says: str = "no response from Stripe", advice: str = "", *, may_pass: bool = True
    ) -> None:
        self.says, self.advice = says, advice
        self.may_pass = may_pass  # False if another attempt would most likely fail, too
        super().__init__(says)


class RefusalError(CallError):
    """A response with an HTTP status of 400 or above."""

    def __init__(self, status: int, headers: Mapping[str, str], details: Mapping[str, Any]) -> None:
        self.status, self.headers, self.details = status, headers, details
        super().__init__(str(details.get("message") or f"HTTP {status}"))
