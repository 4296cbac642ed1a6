"""The sandbox has every operation that Issuing users need, as Stripe's SDK and its OpenAPI list them."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import stripe

from provisioner.sandbox.api.routes import ROUTES

SDK = Path(stripe.__file__).parent
WHOLE = (
    "/v1/balance",
    "/v1/ephemeral_keys",
    "/v1/events",
    "/v1/file_links",
    "/v1/files",
    "/v1/issuing",
    "/v1/test_helpers/issuing",
    "/v1/topups",
    "/v1/treasury/financial_accounts",
    "/v1/treasury/received_credits",
    "/v1/treasury/received_debits",
    "/v1/treasury/transaction_entries",
    "/v1/treasury/transactions",
    "/v1/webhook_endpoints",
)
# github.com/stripe/openapi describes these; the SDK does not have them.
BESIDE_THE_SDK = {
    ("GET", "/v1/issuing/settlements/{}"),
    ("POST", "/v1/issuing/settlements/{}"),
    ("POST", "/v1/test_helpers/issuing/settlements"),
    ("POST", "/v1/test_helpers/issuing/settlements/{}/complete"),
}
HAS = {(route.method, re.sub(r"\{\w+\}", "{}", route.path)) for route in ROUTES}


def requested(call: ast.Call) -> tuple[str, str] | None:
    """The method and the path of `self._request("get", "/v1/...".format(...), ...)`."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "_request" and len(call.args) > 1):
        return None
    method, path = call.args[:2]
    if isinstance(path, ast.Call) and isinstance(path.func, ast.Attribute):
        path = path.func.value
    assert isinstance(method, ast.Constant)
    assert isinstance(path, ast.Constant)
    return method.value.upper(), re.sub(r"\{\w+\}", "{}", path.value)


@cache
def operations() -> set[tuple[str, str]]:
    """Every operation of the SDK."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in SDK.rglob("_*_service.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {found for call in calls if (found := requested(call))}


@pytest.mark.parametrize("part", WHOLE)
def test_every_operation_of_this_part_of_the_api_is_there(part: str) -> None:
    wanted = {
        one for one in operations() | BESIDE_THE_SDK if re.match(re.escape(part) + r"(_\w+)?(/|$)", one[1])
    }
    assert wanted
    assert wanted - HAS == set()
