"""A top-up that went to another balance: nothing more moves until somebody says that it is resolved."""

from e2e.conftest import Desk

from hostile.money import by_hand, moved, settle, stripe_base, switch, target, top_ups, write_on

MARKS = {
    "metadata[provisioner_project]": "desk",
    "metadata[provisioner_address]": "balance_targets.usd",
}
__all__ = ["stripe_base"]
PLAN = ("plan", "--detailed-exitcode")
APPLY = ("apply", "--auto-approve")


def misrouted(desk: Desk) -> str:
    """What a run that was killed leaves where Stripe has ignored `destination_balance`."""
    identity = by_hand(desk, 5000, **MARKS)
    settle(desk)
    target(desk, "50.00 USD")
    return identity


def test_it_is_named_and_nothing_more_is_pulled(desk: Desk) -> None:
    identity = misrouted(desk)

    said = desk.run(*PLAN).output
    assert f"top-up {identity} ($50.00) went to another balance, not Issuing" in said
    assert "docs/how-to/fund-the-balance.md" in said
    desk.run(*APPLY)
    assert moved(desk) == [5000]


def test_funding_goes_on_once_it_is_marked_as_resolved(desk: Desk) -> None:
    identity = misrouted(desk)
    write_on(desk, identity, provisioner_misrouted="resolved")

    desk.run(*APPLY)
    assert moved(desk) == [5000, 5000]
    assert top_ups(desk)[0]["destination_balance"] == "issuing"
    assert "No changes" in desk.run(*PLAN).output


def test_the_mark_is_about_that_one_top_up(desk: Desk) -> None:
    write_on(desk, misrouted(desk), provisioner_misrouted="resolved")
    switch(desk, destination_balance_shown=False)

    assert "not to Issuing; it was canceled" in desk.run(*APPLY, code=1).output
    assert [item["status"] for item in top_ups(desk)] == ["canceled", "succeeded"]

    another = by_hand(desk, 5000, **MARKS)
    settle(desk)
    switch(desk, destination_balance_shown=True)
    assert f"top-up {another}" in desk.run(*PLAN).output
    desk.run(*APPLY)
    assert moved(desk) == [5000, 5000]


def test_one_that_is_pending_is_canceled_by_the_next_apply(desk: Desk) -> None:
    by_hand(desk, 5000, **MARKS)
    target(desk, "50.00 USD")

    assert "not to Issuing; it was canceled" in desk.run(*APPLY, code=1).output
    desk.run(*APPLY)
    assert [(item["amount"], item["status"]) for item in top_ups(desk)] == [
        (5000, "pending"),
        (5000, "canceled"),
    ]
