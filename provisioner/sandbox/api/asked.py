"""Types for an accepted request and its response."""

from dataclasses import dataclass, field
from typing import Any

from provisioner.sandbox.api.faults import Fault
from provisioner.sandbox.registry import Route
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import dump


@dataclass(frozen=True)
class Asked:
    """A request that passed all checks."""

    route: Route
    account: str
    params: dict[str, Any]
    id: str
    request_id: str
    key: str | None
    path: str
    fault: Fault | None = None

    @property
    def effect(self) -> str:
        """The effect of the fault that hits the request; empty for none."""
        return self.fault.effect if self.fault else ""


@dataclass
class ApiAnswer:
    """A response; `cut` says if its connection breaks before it (`drop`) or in its middle (`middle`)."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""


def refusal(error: ApiError, account_id: str, request_id: str) -> ApiAnswer:
    """Return the response for an error."""
    return ApiAnswer(error.status, dump(error.body(account_id, request_id)), dict(error.headers))


def broken() -> ApiError:
    """Return the error for a failure in Stripe."""
    return ApiError(500, "An error occurred while processing this request. Try again later.", "api_error")
