"""Provisioner's own work is no drift, even if it was stopped at any write, whatever is declared next."""

from collections.abc import Iterator
from typing import Any

import pytest

from chaos.acts import CARD, HOLDER, carry_out, config, plan
from chaos.direct import Bank, Direct, world
from chaos.test_worlds import Killed, Mortal
from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import find_drift
from provisioner.core.diff.find import compare_with
from provisioner.core.model.config import Config
from provisioner.kinds import KINDS

OUTSIDE = (Moved.LIVE, Moved.BOTH)
SHIPPING = {"name": "Jenny Rosen", "address": HOLDER["billing"]["address"]}
CORP = {**HOLDER, "name": "Acme Corp"}


def limited(amount: int, interval: str = "monthly", **more: Any) -> dict[str, Any]:
    limits = [{"amount": amount, "interval": interval}]
    return {**CARD, "spending_controls": {"spending_limits": limits}, **more}


def ads(holder: dict[str, Any] = HOLDER, **more: Any) -> Config:
    """A cardholder and its card, `more` of which is as given."""
    return config(cardholders={"acme": holder}, cards={"ads": limited(1000, **more)})


CONFIGS = {
    "card": ads(),
    "card gone": config(cardholders={"acme": HOLDER}),
    "holder replaced": ads(CORP),
    "holder replaced and card gone": config(cardholders={"acme": CORP}),
    "holder replaced, moved and renamed": config(
        cardholders={"corp": {**CORP, "lifecycle": {"previously": ["acme"]}}},
        cards={"ads": limited(1000, cardholder="corp")},
    ),
    "another holder": config(
        cardholders={"acme": HOLDER, "beta": CORP}, cards={"ads": limited(1000, cardholder="beta")}
    ),
    "another limit": config(cardholders={"acme": HOLDER}, cards={"ads": limited(9000, "daily")}),
    "no limit": config(cardholders={"acme": HOLDER}, cards={"ads": CARD}),
    "inactive": ads({**HOLDER, "status": "inactive"}, status="inactive"),
    "canceled when removed": ads(lifecycle={"on_remove": "cancel"}),
    "stolen": ads(lifecycle={"reissue": {"number": 1, "reason": "stolen"}}),
    "physical": ads(type="physical", shipping=SHIPPING),
    "renamed": config(
        cardholders={"acme": HOLDER}, cards={"new": limited(1000, lifecycle={"previously": ["ads"]})}
    ),
}
STEPS = [
    ("card", "holder replaced"),
    ("card", "holder replaced and card gone"),
    ("holder replaced and card gone", "holder replaced"),
    ("card", "holder replaced, moved and renamed"),
    ("holder replaced, moved and renamed", "another holder"),
    ("card", "stolen"),
    ("canceled when removed", "card gone"),
    ("another limit", "physical"),
]


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    bank = Bank()
    bank.keep()
    yield bank
    bank.store.close()


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_a_run_that_is_stopped_leaves_no_drift(bank: Bank, before: str, after: str) -> None:
    bank.put_back()
    carry_out(Direct(bank), plan(bank, CONFIGS[before]))
    start = Bank()
    start.copy(bank)
    for effect in ("kill_before", "kill_after"):
        for write in range(1, 20):
            bank.copy(start)
            try:
                carry_out(Mortal(bank, effect, write), plan(bank, CONFIGS[after]))
            except Killed:
                assert drifts(bank) == []
                continue
            assert drifts(bank) == []
            break
    start.store.close()


def drifts(bank: Bank) -> list[str]:
    """What a drift check or a plan of each configuration would call changed outside of provisioner."""
    found = []
    for name, wanted in CONFIGS.items():
        seen = compare_with(KINDS, wanted, world(Direct(bank), KINDS, wanted))
        changes, notes = seen.differences.changes, seen.differences.notes
        found += [
            f"{name}: {each.address} {each.path} {each.text}"
            for each in find_drift(KINDS, wanted, seen.inventory, changes, notes)
            if each.counts
        ]
        found += [
            f"{name}: {each.address}" for each in changes for edit in each.edits if edit.moved in OUTSIDE
        ]
    return found
