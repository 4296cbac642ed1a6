"""
Whole histories, by a seed: edits of everything, applies that are cut short, changed minds, hands in between.

After each apply nothing is left to do, and at no moment of any could a card spend more than it could when
it began and may when it ends. `DEEP_TESTS=1` plays ten times as many.
"""

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest
from support.depth import DEEP

from chaos.acts import carry_out, plan, reasons
from chaos.direct import Bank, Direct
from chaos.histories import History, by_hand
from chaos.test_worlds import EFFECTS, Killed, Mortal
from provisioner.chaos.watch import estate, moments, newest_event, too_wide
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError

HISTORIES = 300 if DEEP else 28
PARTS = 4


@pytest.fixture(scope="module")
def banks() -> Iterator[tuple[Bank, Bank]]:
    stormy, quiet = Bank(), Bank()
    stormy.keep()
    yield stormy, quiet
    for bank in (stormy, quiet):
        bank.store.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_card_is_ever_wider_than_before_and_after(banks, part):
    for seed in range(part, HISTORIES, PARTS):
        banks[0].put_back()
        assert played(*banks, random.Random(seed)) == [], f"seed {seed}"  # noqa: S311


def played(stormy: Bank, quiet: Bank, rng: random.Random) -> list[str]:
    """What was wrong in one history."""
    history = History(rng)
    wrong = applied(stormy, quiet, history.config(), None)
    for _ in range(rng.randint(3, 6)):
        history.change()
        try:
            wanted = history.config()
        except ProvisionerError:
            continue  # the next edits may set it right
        if rng.random() < 0.35:
            by_hand(stormy, rng)
        if rng.random() < 0.7:
            wrong += applied(stormy, quiet, wanted, (rng.choice(EFFECTS), rng.randint(5, 16)))
            if rng.random() < 0.5:
                continue  # another mind
        wrong += applied(stormy, quiet, wanted, None)
        stormy.advance(rng.choice((600, 90_000)))
    return wrong


def applied(stormy: Bank, quiet: Bank, wanted: Config, struck: tuple[str, int] | None) -> list[str]:
    """Apply, in peace in the one bank and struck by a fault in the other; what was wrong in either."""
    quiet.copy(stormy)
    since, before = newest_event(Direct(stormy)), estate(Direct(stormy))
    report = carry_out(Direct(quiet), plan(quiet, wanted))
    quiet.advance(600)
    wrong = [*reasons(report), *(f"{c.address}: {c.action} again" for c in plan(quiet, wanted).changes)]
    with suppress(Killed):
        carry_out(Mortal(stormy, *struck) if struck else Direct(stormy), plan(stormy, wanted))
    return wrong + too_wide(before, [estate(Direct(quiet))], moments(Direct(stormy), since))
