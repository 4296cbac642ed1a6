"""A card without a limit counts with Stripe's default, the same at every step, shown or not."""

import json
from typing import Any

import pytest

from e2e.conftest import BARE_CARD, CARD, COMPANY, Desk

DEFAULT = 31 * 50_000
FROZEN = BARE_CARD.replace("status: active", "status: inactive")
FULL, NONE = {"amount": DEFAULT, "unlimited": 0, "cards": 1}, {"amount": 0, "unlimited": 0, "cards": 0}


@pytest.fixture(params=[True, False], ids=["shown", "not-shown"])
def desk_with_default(request: pytest.FixtureRequest, desk: Desk) -> Desk:
    """A sandbox whose cards show their default limit, or do not; nobody knows what Stripe's do."""
    desk.control("switches", json.dumps({"default_limit_shown": request.param}).encode())
    return desk


def exposure(desk: Desk, text: str) -> tuple[int | None, Any, Any]:
    """What a plan for a configuration adds, and the exposure before and after it; then apply it."""
    desk.write(COMPANY + text)
    desk.run("plan", "--out", "plan.json")
    plan = json.loads(desk.run("show", "plan.json", "--format", "json").stdout)
    assert plan == json.loads((desk.folder / "plan.json").read_text(encoding="utf-8"))
    desk.run("apply", "plan.json", "--auto-approve")
    added = [each["amount"] for each in plan["blast_radius"]["exposure_added"]]
    [row] = plan["outlook"]["exposure"] or [{"before": NONE, "after": NONE}]
    return (added or [0])[0], row["before"], row["after"]


def test_the_default_counts_alike_from_creation_to_replacement(desk_with_default: Desk) -> None:
    desk = desk_with_default

    assert exposure(desk, BARE_CARD) == (DEFAULT, NONE, FULL)
    assert exposure(desk, BARE_CARD + "    metadata: {team: ads}\n") == (0, FULL, FULL)
    assert exposure(desk, FROZEN) == (0, FULL, NONE)
    assert exposure(desk, BARE_CARD) == (DEFAULT, NONE, FULL)
    assert exposure(desk, BARE_CARD + "    second_line: Ads\n") == (0, FULL, FULL)


def test_limits_that_are_removed_leave_the_default(desk_with_default: Desk) -> None:
    desk = desk_with_default
    limited = {"amount": 200_000, "unlimited": 0, "cards": 1}

    assert exposure(desk, CARD) == (200_000, NONE, limited)
    assert exposure(desk, BARE_CARD) == (DEFAULT - 200_000, limited, FULL)
    assert exposure(desk, CARD) == (0, FULL, limited)


def test_only_limits_that_bound_no_month_are_unlimited(desk: Desk) -> None:
    single = CARD.replace("interval: monthly", "interval: per_authorization")

    added, _, after = exposure(desk, single)

    assert added is None
    assert after == {"amount": 0, "unlimited": 1, "cards": 1}
