"""Answers have the form of the API version that is asked for."""

import pytest

from provisioner.sandbox.rules.common.versions import CHANGES

AUTHORIZATIONS = "/v1/issuing/authorizations"
TEST = "/v1/test_helpers/issuing/authorizations"
ACACIA, BASIL = "2024-12-18.acacia", "2025-03-31.basil"
CURRENT = "2026-10-28.endive"


@pytest.fixture
def expired(api):
    api.fund(10_000)
    made = api.purchase(api.card(), 100)
    api.ok(f"{TEST}/{made['id']}/expire")
    return made["id"]


def at(api, version):
    return api.with_headers(Stripe_Version=version)


@pytest.mark.parametrize(
    ("version", "status"), [(ACACIA, "reversed"), ("2025-02-24.acacia", "reversed"), (BASIL, "expired")]
)
def test_expired_was_reversed_before_basil(api, expired, version, status):
    old = at(api, version)
    assert old.read(f"{AUTHORIZATIONS}/{expired}")["status"] == status
    assert [one["status"] for one in old.read(AUTHORIZATIONS)["data"]] == [status]
    assert [one["id"] for one in old.read(AUTHORIZATIONS, {"status": status})["data"]] == [expired]
    entries = old.read("/v1/balance_transactions", {"source": expired, "expand": ["data.source"]})["data"]
    assert {one["source"]["status"] for one in entries} == {status}


@pytest.mark.parametrize(("approved", "reason"), [(True, "card_active"), (False, "webhook_error")])
def test_the_networks_own_decisions_had_other_reasons_before_basil(api, approved, reason):
    api.fund(10_000)
    card = api.card()
    value = {"reason": "network_fallback", "approved": approved}
    api.control("act", {"act": "decide_next_authorization", "id": card["id"], "value": value})
    made = at(api, ACACIA).purchase(card, 100)
    assert made["request_history"][0]["reason"] == reason
    now = api.read(f"{AUTHORIZATIONS}/{made['id']}")
    assert now["request_history"][0]["reason"] == "network_fallback"


@pytest.mark.parametrize(
    ("version", "without"),
    [
        (ACACIA, {"second_line", "latest_fraud_warning", "lifecycle_controls"}),
        ("2025-09-30.clover", {"latest_fraud_warning", "lifecycle_controls"}),
        ("2025-11-17.clover", {"lifecycle_controls"}),
        ("2026-03-25.dahlia", set()),
    ],
)
def test_a_card_has_what_its_version_knows(api, version, without):
    card = api.card()
    shown = at(api, version).read(f"/v1/issuing/cards/{card['id']}")
    assert card.keys() - shown.keys() == without
    presences = {"allowed_card_presences", "blocked_card_presences"}
    assert not presences & shown["spending_controls"].keys()
    assert not presences & shown["cardholder"]["spending_controls"].keys()
    [listed] = at(api, version).read("/v1/issuing/cards")["data"]
    assert listed == shown
    assert at(api, CURRENT).read(f"/v1/issuing/cards/{card['id']}") == card


def test_entries_of_the_balance_had_no_type(api, expired):
    [*_, entry] = at(api, "2025-04-30.basil").read("/v1/balance_transactions", {"source": expired})["data"]
    assert "balance_type" not in entry
    [*_, entry] = at(api, "2025-05-28.basil").read("/v1/balance_transactions", {"source": expired})["data"]
    assert entry["balance_type"] == "issuing"


def test_events_do_not_change_with_the_request(api, expired):
    [event] = at(api, ACACIA).read("/v1/events", {"type": "issuing_authorization.updated"})["data"]
    assert (event["api_version"], event["data"]["object"]["status"]) == (CURRENT, "expired")
    assert event["data"]["object"]["id"] == expired


def test_the_changes_are_in_order_and_each_has_its_page():
    assert [one.version for one in CHANGES] == sorted((one.version for one in CHANGES), reverse=True)
    for one in CHANGES:
        name, date = one.version[11:], one.version[:10]
        assert one.page.startswith(f"{name}/{date}/")
