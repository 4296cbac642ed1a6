"""
Errors in Stripe's form: docs.stripe.com/api/errors and docs.stripe.com/error-codes.

Messages are worded by the sandbox; `type`, `code`, `param`, and the status are Stripe's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class ApiError(Exception):
    """An error of the API; raised while a request is served, it becomes the response."""

    status: int
    """The HTTP status."""
    message: str
    """The message, worded as Stripe's."""
    type: str = "invalid_request_error"
    """Stripe's type of error."""
    code: str | None = None
    """Stripe's code; None for errors without one."""
    param: str | None = None
    """The parameter that is wrong; None if it is none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Additional headers of the response."""

    def body(self, account: str, request_id: str) -> dict[str, Any]:
        """Return the JSON of the response; missing members are left out, as Stripe does."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        if account:
            error["request_log_url"] = f"https://dashboard.stripe.com/{account}/test/logs/{request_id}"
        return {"error": error}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Return a 400 error for invalid parameters."""
    return ApiError(400, message, code=code, param=param)


def exclusive(one: str, other: str) -> ApiError:
    """Return the error for two parameters that exclude each other."""
    return invalid(
        f"You may only specify one of these parameters: {one}, {other}.", one, "parameters_exclusive"
    )


def no_such(noun: str, object_id: str, param: str) -> ApiError:
    """Return the error for a missing object: 404 if its id is in the path (`id`), 400 if in a parameter."""
    status = 404 if param == "id" else 400
    return ApiError(status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)
