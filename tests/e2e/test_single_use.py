"""A card for so many payments ends as it was declared to, and is not made anew unasked."""

import json

import pytest

from e2e.conftest import COMPANY, Desk

CARDS = """
cards:
  lunch:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    lifecycle_controls: {cancel_after: {payment_count: 1}}
  travel: {cardholder: acme, type: virtual, currency: usd, status: active}
"""
AGAIN = "    lifecycle: {reissue: {number: 1, reason: expired}}\n  travel:"


@pytest.fixture
def spent(desk: Desk) -> Desk:
    """A desk whose card for one payment has been paid with."""
    desk.write(
        COMPANY + CARDS + 'balance_targets: {usd: {target: "100.00 USD", top_up_below: "10.00 USD"}}\n'
    )
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 60}')
    made = desk.sdk.raw_request(
        "post", "/v1/test_helpers/issuing/authorizations", card=ids(desk)[0], amount=900, currency="usd"
    )
    assert json.loads(made.body)["approved"]
    return desk


def ids(desk: Desk) -> list[str]:
    """The cards that had the address, oldest first."""
    every = desk.sdk.v1.issuing.cards.list({"limit": 100}).data
    return [c.id for c in reversed(every) if c.metadata["provisioner_address"] == "cards.lunch"]


def test_it_is_not_made_anew_and_is_no_drift(spent: Desk):
    before = ids(spent)
    said = spent.run("plan", "--detailed-exitcode").stdout
    spent.run("apply", "--auto-approve")
    drifted = spent.run("drift").stdout

    assert (
        "cards.lunch: canceled by Stripe, as configured in lifecycle_controls; set lifecycle.reissue" in said
    )
    assert "No changes." in said
    assert ids(spent) == before
    assert "# cards.lunch" in drifted
    assert "canceled as configured" in drifted
    assert drifted.endswith("No drift. Stripe matches the last apply. Canceled as configured: 1.\n")
    assert "Canceled as configured" in spent.run("drift", "--format", "markdown").stdout
    found = json.loads(spent.run("drift", "--format", "json").stdout)
    assert (found["summary"]["drift"], found["summary"]["ended"], found["drift"]) == (0, 1, [])


def test_a_higher_number_makes_one_more_and_only_one(spent: Desk):
    (old,) = ids(spent)
    text = (spent.folder / "provisioner.yaml").read_text()
    spent.write(text.replace("  travel:", AGAIN))
    for _ in range(2):
        spent.run("apply", "--auto-approve")

    assert ids(spent)[0] == old
    assert len(ids(spent)) == 2
    assert spent.live()["cards.lunch"]["metadata"]["provisioner_generation"] == "2"
    assert spent.run("drift").stdout.endswith("\n\nNo drift. Stripe matches the last apply.\n")


def test_a_plan_counts_no_exposure_for_it(spent: Desk):
    outlook = json.loads(spent.run("plan", "--format", "json").stdout)["outlook"]

    assert [team["after"]["cards"] for team in outlook["exposure"]] == [1]


def test_export_leaves_it_out(spent: Desk):
    told = spent.run("export", "--project", "desk").stdout

    assert "travel:" in told
    assert "lunch" not in told


def test_a_cache_changes_no_answer(spent: Desk):
    for command in ("plan", "drift"):
        whole = spent.run(command, "--format", "json").stdout
        for _ in range(2):
            assert spent.run(command, "--format", "json", "--cache", "some.cache").stdout == whole


def test_a_cache_from_before_the_payment_changes_no_answer(desk: Desk):
    desk.write(COMPANY + CARDS)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 3600}')
    desk.run("drift", "--cache", "some.cache")
    desk.sdk.v1.issuing.cards.update(ids(desk)[0], {"status": "canceled"})

    for command in ("plan", "drift"):
        whole = desk.run(command, "--format", "json").stdout
        assert desk.run(command, "--format", "json", "--cache", "some.cache").stdout == whole


def test_a_purchase_on_it_is_told_why_there_is_none(spent: Desk):
    said = spent.run("simulate", "purchase", "lunch", "--amount", "100", code=1).stderr

    assert "cards.lunch: canceled by Stripe, as configured in lifecycle_controls" in said
