"""A target far above what Stripe takes at once: one top-up after the other, and quiet in between."""

import pytest
from e2e.conftest import Desk

from hostile.money import by_hand, moved, settle, stripe_base, target, top_ups

__all__ = ["stripe_base"]
PLAN = ("plan", "--detailed-exitcode")
APPLY = ("apply", "--auto-approve")


@pytest.mark.parametrize(
    ("amount", "more", "parts"),
    [
        ("2,500,000.00 USD", {}, [50_000_002, 99_999_999, 99_999_999]),
        ("250.00 USD", {"max_top_up": "100.00 USD"}, [5000, 10_000, 10_000]),
        ("250.00 USD", {"max_top_up": "100.00 USD", "top_up_below": "240.00 USD"}, [5000, 10_000, 10_000]),
        ("200.00 USD", {"max_top_up": "100.00 USD", "min_top_up": "100.00 USD"}, [10_000, 10_000]),
    ],
)
def test_it_is_reached_in_parts_each_after_the_one_before_has_settled(
    desk: Desk, amount: str, more: dict[str, str], parts: list[int]
) -> None:
    target(desk, amount, **more)
    for done in range(1, len(parts) + 1):
        desk.run(*PLAN, code=2)
        desk.run(*APPLY)
        said = desk.run(*PLAN).output
        if done < len(parts):
            assert f"until {top_ups(desk)[0]['id']} (" in said
            assert "No changes. Stripe does not match the configuration yet; see the notes." in said
            desk.run(*APPLY)
        assert moved(desk) == parts[len(parts) - done :]
        settle(desk)
    assert "No changes. Stripe matches the configuration." in desk.run(*PLAN).output


def test_drift_says_what_waits_and_that_nothing_has_drifted(desk: Desk) -> None:
    target(desk, "250.00 USD", max_top_up="100.00 USD")
    desk.run(*APPLY)

    assert "$150.00 more" in desk.run("drift").output


def test_after_a_part_has_failed_the_next_apply_pulls_it_again(desk: Desk) -> None:
    target(desk, "250.00 USD", max_top_up="100.00 USD")
    desk.run(*APPLY)
    desk.sdk.v1.topups.cancel(top_ups(desk)[0]["id"])

    desk.run(*PLAN, code=2)
    desk.run(*APPLY)
    assert moved(desk) == [10_000]


def test_money_that_is_spent_while_a_smaller_one_is_pending_is_pulled(desk: Desk) -> None:
    target(desk, "50.00 USD", max_top_up="100.00 USD")
    desk.run(*APPLY)
    target(desk, "80.00 USD", max_top_up="100.00 USD")
    desk.run(*APPLY)

    assert moved(desk) == [3000, 5000]


def test_what_somebody_else_has_under_way_holds_nothing_up(desk: Desk) -> None:
    by_hand(desk, 10_000, destination_balance="issuing")
    target(desk, "250.00 USD", max_top_up="100.00 USD")
    desk.run(*APPLY)

    assert moved(desk) == [10_000, 10_000]
