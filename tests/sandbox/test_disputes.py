"""Disputes of purchases (docs.stripe.com/issuing/purchases/disputes)."""

from typing import Any

import pytest

from .shapes import problems
from .uploads import client, upload

URL = "/v1/issuing/disputes"
TEST = "/v1/test_helpers/issuing"
DAY = 86_400
FRAUD = {"reason": "fraudulent", "fraudulent": {"explanation": "Not the cardholder's purchase."}}
COMPLETE: dict[str, dict[str, Any]] = {
    "canceled": {
        "canceled_at": 1_590_000_000,
        "cancellation_policy_provided": "true",
        "cancellation_reason": "too late",
        "expected_at": 1_590_000_000,
        "explanation": "a",
        "product_description": "a",
        "product_type": "service",
    },
    "duplicate": {"explanation": "a", "original_transaction": "captured"},
    "fraudulent": {"explanation": "a"},
    "merchandise_not_as_described": {
        "explanation": "a",
        "received_at": 1_590_000_000,
        "return_description": "a",
        "return_status": "merchant_rejected",
        "returned_at": 1_590_000_000,
    },
    "no_valid_authorization": {"explanation": "a"},
    "not_received": {
        "expected_at": 1_590_000_000,
        "explanation": "a",
        "product_description": "a",
        "product_type": "merchandise",
    },
    "other": {"explanation": "a"},
    "service_not_as_described": {
        "canceled_at": 1_590_000_000,
        "cancellation_reason": "a",
        "explanation": "a",
        "received_at": 1_590_000_000,
    },
}


def captured(api, amount: int = 1_000) -> dict[str, Any]:
    return api.ok(f"{TEST}/transactions/create_force_capture", {"card": api.card()["id"], "amount": amount})


def disputed(api, evidence: dict[str, Any] = FRAUD, **more: Any) -> dict[str, Any]:
    return api.ok(URL, {"transaction": captured(api)["id"], "evidence": evidence, **more})


def submitted(api, evidence: dict[str, Any] = FRAUD, **more: Any) -> dict[str, Any]:
    return api.ok(f"{URL}/{disputed(api, evidence, **more)['id']}/submit")


def told(api) -> list[str]:
    """The types of the events about disputes, oldest first."""
    return [
        e["type"].partition(".")[2] for e in api.events()[::-1] if e["type"].startswith("issuing_dispute.")
    ]


def act(api, name: str, dispute: dict[str, Any], value: Any = None) -> dict[str, Any]:
    return api.control("act", {"act": name, "id": dispute["id"], "value": value})


def test_a_dispute_begins_unsubmitted_with_the_full_amount(api) -> None:
    dispute = disputed(api)
    assert (dispute["status"], dispute["amount"], dispute["currency"]) == ("unsubmitted", 1_000, "usd")
    assert dispute["evidence"]["fraudulent"] == {
        "additional_documentation": None,
        "explanation": "Not the cardholder's purchase.",
    }
    transaction = api.read(f"/v1/issuing/transactions/{dispute['transaction']}", {"expand": ["dispute"]})
    assert transaction["dispute"]["id"] == dispute["id"]
    assert api.get(f"{URL}/idp_unknown").status == 404
    assert told(api) == ["created"]


def test_a_part_can_be_disputed_and_never_more_than_was_captured(api) -> None:
    part = disputed(api, amount=400)
    assert part["amount"] == 400
    assert api.ok(f"{URL}/{part['id']}", {"amount": 500})["amount"] == 500
    for amount in (0, -5, 1_001):
        assert api.refused(f"{URL}/{part['id']}", {"amount": amount})["param"] == "amount"
        asked = {"transaction": captured(api)["id"], "evidence": FRAUD, "amount": amount}
        assert api.refused(URL, asked)["param"] == "amount"


def test_only_captures_and_only_once(api) -> None:
    refund = api.ok(f"{TEST}/transactions/create_unlinked_refund", {"card": api.card()["id"], "amount": 5})
    assert api.refused(URL, {"transaction": refund["id"], "evidence": FRAUD})["param"] == "transaction"
    assert api.refused(URL, {"transaction": "ipi_unknown", "evidence": FRAUD})["code"] == "resource_missing"
    assert api.refused(URL, {"evidence": FRAUD})["code"] == "parameter_missing"
    again = {"transaction": disputed(api)["transaction"], "evidence": FRAUD}
    assert api.refused(URL, again)["param"] == "transaction"


def test_a_dispute_may_begin_without_evidence(api) -> None:
    made = api.ok(URL, {"transaction": captured(api)["id"]})
    assert (made["status"], made["evidence"]["reason"], problems(made)) == ("unsubmitted", "other", [])
    one = f"{URL}/{made['id']}"
    assert api.refused(f"{one}/submit")["param"] == "evidence[other][explanation]"
    assert api.ok(one, {"evidence": FRAUD})["evidence"]["reason"] == "fraudulent"
    assert api.ok(f"{one}/submit")["status"] == "submitted"
    api.control("switches", {"dispute_reason_required": True})
    assert api.refused(URL, {"transaction": captured(api)["id"]})["param"] == "evidence[reason]"


def test_evidence_needs_a_reason(api) -> None:
    asked = {"transaction": captured(api)["id"]}
    unsaid = {"fraudulent": {"explanation": "Not mine."}}
    assert api.refused(URL, {**asked, "evidence": unsaid})["param"] == "evidence[reason]"
    assert api.refused(URL, {**asked, "evidence": {"reason": "taste"}})["code"] == "parameter_invalid_enum"


@pytest.mark.parametrize("reason", COMPLETE)
def test_each_reason_needs_its_evidence_to_be_submitted(api, reason) -> None:
    complete = dict(COMPLETE[reason])
    if "original_transaction" in complete:
        complete["original_transaction"] = captured(api)["id"]
    dispute = disputed(api, {"reason": reason})
    one = f"{URL}/{dispute['id']}"
    missing = set(complete)
    while missing:  # each refusal names a field that is missing
        param = api.refused(f"{one}/submit")["param"]
        field = param.removeprefix(f"evidence[{reason}][").removesuffix("]")
        missing.remove(field)
        api.ok(one, {"evidence": {reason: {field: complete[field]}}})
    assert api.ok(f"{one}/submit")["status"] == "submitted"


def test_canceled_merchandise_must_have_been_returned(api) -> None:
    goods = {**COMPLETE["canceled"], "product_type": "merchandise"}
    dispute = disputed(api, {"reason": "canceled", "canceled": goods})
    assert api.refused(f"{URL}/{dispute['id']}/submit")["param"] == "evidence[canceled][return_status]"


def test_a_switch_lets_anything_be_submitted(api) -> None:
    api.control("switches", {"dispute_evidence_required": False})
    assert submitted(api, {"reason": "not_received"})["status"] == "submitted"


def test_evidence_is_changed_field_by_field_and_only_that_of_the_reason_is_shown(api) -> None:
    one = f"{URL}/{disputed(api)['id']}"
    file = upload(api)["id"]
    api.ok(one, {"evidence": {"fraudulent": {"additional_documentation": file}}})
    changed = api.ok(one, {"evidence": {"fraudulent": {"explanation": ""}}})["evidence"]
    assert changed["fraudulent"] == {"additional_documentation": file, "explanation": None}
    found = api.read(one, {"expand": ["evidence.fraudulent.additional_documentation"]})
    assert found["evidence"]["fraudulent"]["additional_documentation"]["purpose"] == "dispute_evidence"

    other = api.ok(one, {"evidence": {"reason": "other", "other": {"product_type": "service"}}})["evidence"]
    assert other.keys() == {"other", "reason"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("additional_documentation", "file_unknown"), ("explanation", "a" * 2_501)],
)
def test_evidence_that_is_not_there_or_too_long(api, field, value) -> None:
    one = f"{URL}/{disputed(api)['id']}"
    assert (
        api.refused(one, {"evidence": {"fraudulent": {field: value}}})["param"]
        == f"evidence[fraudulent][{field}]"
    )
    logo = upload(api, "issuing_logo")["id"]
    assert api.post(one, {"evidence": {"fraudulent": {"additional_documentation": logo}}}).status == 400


def test_after_its_submission_only_the_metadata_changes(api) -> None:
    dispute = submitted(api, metadata={"a": "1"})
    one = f"{URL}/{dispute['id']}"
    assert (dispute["status"], dispute["metadata"]) == ("submitted", {"a": "1"})
    assert api.refused(f"{one}/submit")["type"] == "invalid_request_error"
    assert api.refused(one, {"amount": 5})["param"] == "amount"
    assert api.refused(one, {"evidence": FRAUD})["param"] == "evidence"
    assert api.ok(one, {"metadata": {"a": "2"}})["metadata"] == {"a": "2"}
    assert told(api) == ["created", "submitted", "updated"]


def test_a_won_dispute_brings_the_amount_back(api) -> None:
    dispute = submitted(api, amount=400)
    before = api.issuing()
    assert act(api, "win_dispute", dispute)["status"] == "won"
    assert api.issuing() - before == 400
    [entry] = api.read(f"{URL}/{dispute['id']}", {"expand": ["balance_transactions"]})["balance_transactions"]
    assert (entry["type"], entry["amount"], entry["source"]) == ("issuing_dispute", 400, dispute["id"])
    assert told(api)[-2:] == ["funds_reinstated", "closed"]


def test_a_lost_dispute_moves_nothing(api) -> None:
    dispute = submitted(api)
    before = api.issuing()
    lost = act(api, "lose_dispute", dispute, "refund_issued")
    assert (lost["status"], lost["loss_reason"], api.issuing()) == ("lost", "refund_issued", before)
    assert told(api)[-1] == "closed"
    assert "loss_reason" not in submitted(api)


def test_a_provisional_credit_is_taken_back_when_the_dispute_is_lost(api) -> None:
    dispute = submitted(api)
    before = api.issuing()
    act(api, "credit_dispute", dispute)
    assert api.issuing() - before == 1_000
    act(api, "lose_dispute", dispute)
    assert api.issuing() == before
    types = [entry["type"] for entry in api.read("/v1/balance_transactions")["data"][:2]]
    assert types == ["issuing_dispute_provisional_credit_reversal", "issuing_dispute_provisional_credit"]
    assert told(api)[-3:] == ["funds_reinstated", "funds_rescinded", "closed"]


def test_a_provisional_credit_stays_when_the_dispute_is_won(api) -> None:
    dispute = submitted(api)
    before = api.issuing()
    act(api, "credit_dispute", dispute)
    act(api, "win_dispute", dispute)
    assert api.issuing() - before == 1_000


@pytest.mark.parametrize(
    ("explanation", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_test_mode_decides_by_the_explanation_seconds_after_the_submission(api, explanation, status) -> None:
    dispute = submitted(api, {"reason": "fraudulent", "fraudulent": {"explanation": explanation}})
    assert dispute["status"] == "submitted"
    api.advance(10)
    assert api.read(f"{URL}/{dispute['id']}")["status"] == status


def test_a_dispute_expires_110_days_after_the_capture(api) -> None:
    transaction = captured(api)
    api.advance(100 * DAY)
    dispute = api.ok(URL, {"transaction": transaction["id"], "evidence": FRAUD})
    api.advance(10 * DAY - 5)
    assert api.read(f"{URL}/{dispute['id']}")["status"] == "unsubmitted"
    api.advance(10)
    assert api.read(f"{URL}/{dispute['id']}")["status"] == "expired"
    assert told(api) == ["created", "closed"]
    assert api.refused(f"{URL}/{dispute['id']}/submit")["type"] == "invalid_request_error"


def test_too_late_to_dispute(api) -> None:
    transaction = captured(api)
    api.advance(66 * DAY)
    asked = {"transaction": transaction["id"]}
    unauthorized = {**asked, "evidence": {"reason": "no_valid_authorization"}}
    assert api.refused(URL, unauthorized)["param"] == "transaction"
    api.advance(45 * DAY)
    assert api.refused(URL, {**asked, "evidence": FRAUD})["param"] == "transaction"


def test_lists_by_status_and_by_transaction(api) -> None:
    first, second = disputed(api), submitted(api)
    disputes = client(api).v1.issuing.disputes
    assert [one.id for one in disputes.list({"status": "submitted"}).data] == [second["id"]]
    assert [one.id for one in disputes.list({"transaction": first["transaction"]}).data] == [first["id"]]
    assert [one.id for one in disputes.list({"limit": 1}).auto_paging_iter()] == [second["id"], first["id"]]


def test_acts_need_a_submitted_dispute_and_a_reason_that_exists(api) -> None:
    for name, dispute, value in (
        ("win_dispute", disputed(api), None),
        ("credit_dispute", disputed(api), None),
        ("lose_dispute", submitted(api), "weather"),
    ):
        status = api.read(f"{URL}/{dispute['id']}")["status"]
        with pytest.raises(Exception, match="400"):
            act(api, name, dispute, value)
        assert api.read(f"{URL}/{dispute['id']}")["status"] == status


def test_stripes_cli_decides_at_a_path_of_its_own(api) -> None:
    dispute = submitted(api)
    assert api.ok(f"{TEST}/disputes/{dispute['id']}", {"status": "won"})["status"] == "won"
