"""Types for an accepted request and its response."""

from dataclasses import dataclass, field
from typing import Any

from provisioner.sandbox.api.faults import Fault
from provisioner.sandbox.registry import Route
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Origin, dump


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that passed all checks."""

    route: Route
    """The endpoint."""
    account: str
    """The id of the account that it acts on."""
    params: dict[str, Any]
    """The typed parameters."""
    id: str
    """The id in the path; empty if there is none."""
    request_id: str
    """The id of the request."""
    key: str | None
    """The idempotency key, if any."""
    path: str
    """The path as requested."""
    version: str
    """The API version of the response."""
    base: str
    """The URL of the sandbox, as the client wrote it."""
    parent: str = ""
    """The id in the path of the object to which the one with `id` belongs; empty if there is none."""
    fault: Fault | None = None
    """The fault that hits the request, if any."""

    @property
    def origin(self) -> Origin:
        """The part of the request that is recorded with the changes that it makes."""
        return Origin(self.request_id, self.key, self.base)

    @property
    def effect(self) -> str:
        """The effect of the fault that hits the request; empty for none."""
        return self.fault.effect if self.fault else ""


@dataclass
class ApiAnswer:
    """A response."""

    status: int
    """The HTTP status."""
    body: str | bytes
    """The JSON text, or the bytes of a file."""
    headers: dict[str, str] = field(default_factory=dict)
    """The headers."""
    media_type: str = "application/json"
    """The media type of the body."""
    cut: str = ""
    """`drop` if the connection breaks before the response, `middle` if in the middle; else empty."""


def refusal(error: ApiError, account_id: str, request_id: str) -> ApiAnswer:
    """Return the response for an error."""
    return ApiAnswer(error.status, dump(error.body(account_id, request_id)), dict(error.headers))


def broken() -> ApiError:
    """Return the error for a failure in Stripe."""
    return ApiError(500, "An error occurred while processing this request. Try again later.", "api_error")
