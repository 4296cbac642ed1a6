"""The order of what happened within one second, which no time tells and decisions do."""

from support.pasts import DAY, NOON, asked, card, counts, moved, past
from support.purchases import limit

from provisioner.core.purchases.planned import Planned
from provisioner.core.purchases.replay import backtest


def test_within_a_second_room_comes_back_when_an_approval_needs_it():
    first = asked(900, NOON - 60)
    there = past(first, asked(800, number=1), moved(first, NOON, held=-900))

    assert counts(backtest(there, Planned())) == ((2, 2), 0, 0, 0)


def test_within_a_second_room_comes_back_after_a_decline_that_needs_it_gone():
    first = asked(900, NOON - 60)
    declined = asked(800, number=1, approved=False)
    there = past(first, moved(first, NOON, held=-900), declined, asked(700, number=2))

    assert counts(backtest(there, Planned())) == ((3, 3), 0, 0, 0)


def test_within_a_second_controls_change_where_decisions_show_it():
    versions = (card(limit(1_000, "daily")), card(limit(100, "daily"), since=NOON))
    there = past(asked(500), asked(50, number=1, approved=False), controls=versions)

    assert counts(backtest(there, Planned())) == ((2, 2), 0, 0, 0)


def test_within_a_second_an_increase_may_come_before_a_purchase():
    first = asked(100, NOON - 60)
    more = asked(900, number=0, began=NOON - 60, first=False, total=1_000, held=100)
    there = past(first, asked(1, number=1, approved=False), more)

    assert counts(backtest(there, Planned())) == ((3, 3), 0, 0, 0)


def test_a_second_that_nothing_explains_has_only_its_own_disagreements():
    first = asked(900, NOON - 60)
    there = past(
        first,
        asked(5_000, number=1),
        asked(100, number=2, approved=False),
        moved(first, NOON, held=-900),
        asked(10, NOON + DAY, number=3),
    )

    found = backtest(there, Planned())

    assert counts(found) == ((3, 4), 0, 0, 0)
    assert [one.amount for one in found.disagreements] == [5_000]
