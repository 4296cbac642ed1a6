"""Webhook endpoints from import to deletion, on the command line."""

import pytest

from e2e.conftest import Desk
from provisioner.net.sandbox_control import control

LEDGER = """
version: 1
project: desk
webhook_endpoints:
  ledger:
    url: https://hooks.example.com/stripe
    enabled_events: [issuing_card.updated, issuing_authorization.created]
"""
HOLDER = """
cardholders:
  acme:
    type: company
    name: Acme Inc
    billing: {address: {line1: 1 Main St, city: Oakland, state: CA, postal_code: "94111", country: US}}
"""
URL, EVENTS = "https://hooks.example.com/stripe", ["issuing_authorization.created", "issuing_card.updated"]


def endpoints(desk: Desk) -> list[object]:
    return [*desk.sdk.v1.webhook_endpoints.list().data]


UNREADABLE = ["", "    connect: true\n", "    connect: false\n", "    api_version: 2026-10-28.endive\n"]


@pytest.mark.parametrize("more", UNREADABLE)
@pytest.mark.parametrize("by", ["id", "all"])
def test_an_import_never_leads_to_a_replacement(desk: Desk, more: str, by: str) -> None:
    """Stripe never returns `connect`, and `api_version` only where one was given."""
    there = desk.sdk.v1.webhook_endpoints.create({"url": URL, "enabled_events": EVENTS, "connect": True})
    desk.write(LEDGER + more)

    words = ["webhook_endpoints.ledger", there.id] if by == "id" else ["--all"]
    desk.run("import", ".", *words, "--auto-approve")

    assert "No changes" in desk.run("plan").output
    desk.write(LEDGER + more + "    description: Ledger\n")
    assert "1 to update, 0 to replace" in desk.run("apply", "--auto-approve").output
    desk.write(LEDGER + "    description: Ledger\n")
    assert "0 to replace" in desk.run("plan").output or "No changes" in desk.run("plan").output
    [still] = endpoints(desk)
    assert still.id == there.id


def test_what_was_created_without_connect_is_replaced_for_it(desk: Desk) -> None:
    desk.write(LEDGER)
    desk.run("apply", "--auto-approve")
    desk.write(LEDGER + "    connect: false\n")
    assert "No changes" in desk.run("plan").output

    desk.write(LEDGER + "    connect: true\n")

    assert "connect = (write-only) -> true  # forces replacement" in desk.run("plan").output


def test_it_is_exported_as_it_is_declared(desk: Desk) -> None:
    made = {"url": URL, "enabled_events": EVENTS, "description": "Ledger", "metadata": {"team": "finance"}}
    there = desk.sdk.v1.webhook_endpoints.create(made)
    desk.sdk.v1.webhook_endpoints.update(there.id, {"disabled": True})

    exported = desk.run("export", "--project", "desk").stdout
    desk.write(exported)
    desk.run("import", ".", "--all", "--auto-approve")

    assert f"hooks-example-com-stripe:  # {there.id}" in exported
    assert "disabled: true" in exported
    desk.sdk.v1.webhook_endpoints.update(there.id, {"disabled": False})
    assert "disabled" not in desk.run("export", "--project", "desk").stdout
    desk.sdk.v1.webhook_endpoints.update(there.id, {"disabled": True})
    assert "No changes" in desk.run("plan").output


def test_one_with_the_same_address_is_told_of_before_another_is_created(desk: Desk) -> None:
    there = desk.sdk.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    desk.write(LEDGER)

    assert f"an unmanaged webhook endpoint with the same url ({there.id})" in desk.run("plan").output


def test_what_somebody_changes_is_drift_and_is_reverted(desk: Desk) -> None:
    desk.write(LEDGER + "    disabled: false\n")
    desk.run("apply", "--auto-approve")
    [there] = endpoints(desk)
    desk.sdk.v1.webhook_endpoints.update(there.id, {"disabled": True, "enabled_events": ["*"]})

    drift = desk.run("drift", code=2).output
    desk.run("apply", "--auto-approve")

    assert "disabled" in drift
    assert "enabled_events" in drift
    [after] = endpoints(desk)
    assert (after.status, sorted(after.enabled_events)) == ("enabled", EVENTS)


def test_one_that_was_disabled_and_comes_to_life_is_drift(desk: Desk) -> None:
    desk.write(LEDGER + HOLDER)
    desk.run("apply", "--auto-approve")
    desk.write(HOLDER)
    desk.run("apply", "--auto-approve")
    [there] = endpoints(desk)
    assert there.status == "disabled"
    assert "No drift" in desk.run("drift").output
    desk.sdk.v1.webhook_endpoints.update(there.id, {"disabled": False})

    assert "webhook_endpoints.ledger" in desk.run("drift", code=2).output


def test_retire_and_destroy_end_endpoints(desk: Desk) -> None:
    desk.write(LEDGER + HOLDER)
    desk.run("apply", "--auto-approve")
    desk.write(HOLDER)

    desk.run("retire", "webhook_endpoints.ledger", "--cancel", "--auto-approve")
    assert endpoints(desk) == []

    desk.write(LEDGER + HOLDER)
    desk.run("apply", "--auto-approve")
    desk.run("destroy", "--cancel", "--auto-approve", code=None)
    assert endpoints(desk) == []


def test_a_cached_plan_sees_what_no_event_tells(desk: Desk) -> None:
    desk.write(LEDGER + HOLDER)
    desk.run("apply", "--auto-approve")
    desk.run("drift", "--cache", "cache.json")
    [there] = endpoints(desk)
    desk.sdk.v1.webhook_endpoints.update(there.id, {"enabled_events": ["*"]})

    assert "enabled_events" in desk.run("drift", "--cache", "cache.json", code=2).output


def test_a_key_that_may_not_read_them_is_enough_where_there_are_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = ("account", "balance", "topup", "issuing_cardholder", "issuing_card", "event")
    less = {"key": "rk_test_less", "permissions": dict.fromkeys(scopes, "write")}
    control(desk.base, "keys", less)
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_less")
    desk.write(HOLDER)

    assert "1 to create" in desk.run("plan").output
    desk.write(LEDGER + HOLDER)
    assert "rak_webhook_read" in desk.run("plan", code=7).output
    assert "cannot read webhook endpoints" in desk.run("doctor", code=None).output
