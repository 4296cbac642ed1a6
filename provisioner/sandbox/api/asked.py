"""What the parts of the server hand each other: a request that may be served, and the answer to it."""

from dataclasses import dataclass, field
from typing import Any

from provisioner.sandbox.api.faults import Fault
from provisioner.sandbox.registry import Route
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import dump


@dataclass(frozen=True)
class Asked:
    """A request that may be served: by which account, with which typed parameters, under which key."""

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
        """What fault hits it; empty for none."""
        return self.fault.effect if self.fault else ""


@dataclass
class ApiAnswer:
    """An answer ready to be sent; `cut` says whether it breaks off before (`drop`) or in its middle."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""


def refusal(error: ApiError, account_id: str, request_id: str) -> ApiAnswer:
    """An error as an answer."""
    return ApiAnswer(error.status, dump(error.body(account_id, request_id)), dict(error.headers))


def broken() -> ApiError:
    """Stripe's own failure, as an error."""
    return ApiError(500, "An error occurred while processing this request. Try again later.", "api_error")
