"""How long the rest takes: as the limits allow, and as much slower as it has been up to now."""

import pytest
from support.declare import HOLDER, card, config, holder
from support.stripe_model import StripeModel, carry_out

from provisioner.cli.terminal import progress
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.progress import ProgressDisplay, spell, time_left
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.kinds import KINDS
from provisioner.stripe_api.estimate import Remaining
from provisioner.stripe_api.rate_limit import Limits

LIMITS = Limits(endpoint=25, total=100)
SHIPPING = {"name": "Jenny Rosen", "address": HOLDER["billing"]["address"]}


def cards(count: int, **fields: object) -> Plan:
    issued = [card(f"card-{n}", **fields) for n in range(count)]
    return make_plan(KINDS, config(holder(), *issued), Snapshot({}, {}, {}))


def test_the_endpoint_with_the_most_to_do_decides():
    holders = [holder(f"holder-{n}") for n in range(500)]
    issued = [card(f"card-{n}", cardholder=f"holder-{n % 500}") for n in range(1000)]
    plan = make_plan(KINDS, config(*holders, *issued), Snapshot({}, {}, {}))

    assert 40 <= Remaining(LIMITS, plan.steps).seconds() <= 43


def test_the_limit_in_all_decides_where_it_is_the_lower_one():
    plan = cards(1000)

    assert 100 <= Remaining(Limits(endpoint=25, total=10), plan.steps).seconds() <= 110


def test_new_physical_cards_take_no_longer_than_virtual_ones():
    virtual, physical = cards(250), cards(250, type="physical", shipping=SHIPPING)

    assert len(physical.steps) == len(virtual.steps) + 250  # activated by a call of their own
    foretold = [Remaining(LIMITS, plan.steps).seconds() for plan in (virtual, physical)]
    assert foretold[0] == foretold[1]


def test_what_waits_for_the_phase_before_it_comes_on_top():
    stripe = StripeModel()
    asleep = [card(f"card-{n}", status="inactive") for n in range(50)]
    for _ in carry_out(make_plan(KINDS, config(holder(), *asleep), stripe.world()), stripe):
        pass
    woken, new = ([card(f"{name}-{n}") for n in range(50)] for name in ("card", "new"))
    plans = [make_plan(KINDS, config(holder(), *each), stripe.world()) for each in (woken, [*woken, *new])]

    foretold = [Remaining(LIMITS, plan.steps).seconds() for plan in plans]
    assert foretold[1] == pytest.approx(2 * foretold[0])


def test_what_has_ended_takes_no_time_any_more():
    plan = cards(100)
    rest = Remaining(LIMITS, plan.steps)
    whole = rest.seconds()

    for step in plan.steps[:51]:
        rest.ended(step)
    assert rest.seconds() == pytest.approx(whole / 2)
    for step in plan.steps[51:]:
        rest.ended(step)
    assert rest.seconds() == 0


@pytest.mark.parametrize(
    ("whole", "rest", "took", "left"),
    [
        (40, 40, 0, 40),  # nothing is known yet
        (40, 30, 10, 30),  # as fast as the limits allow
        (40, 30, 20, 60),  # Stripe takes twice as long
        (40, 30, 5, 30),  # what was skipped took no time, which says nothing about the rest
        (40, 0, 80, 0),
    ],
)
def test_slow_is_taken_to_stay_slow(whole, rest, took, left):
    assert time_left(whole, rest, took) == left


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (42, "0:42"), (59.6, "1:00"), (4000, "66:40")])
def test_time_is_spelt_in_minutes_and_seconds(seconds, text):
    assert spell(seconds) == text


def test_a_message_is_never_glued_to_the_bar(monkeypatch, capsys):
    """The bar's line is erased before the message, and drawn again below it."""
    monkeypatch.setattr(progress, "is_drawn", lambda: True)
    monkeypatch.setattr(progress, "PATIENCE", 0)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)

    with ProgressDisplay("Reading", "objects", 10) as display:
        display.reach(3)
        tell("Warning: a file is ignored")
        display.line("cards.ads: created")
    tell("the end")

    said = capsys.readouterr().err
    assert "\x1b[2KWarning: a file is ignored\n" in said
    assert "\x1b[2Kcards.ads: created\n" in said
    assert said.endswith("\x1b[2Kthe end\n")


def test_a_line_fits_a_terminal_and_is_whole_in_a_log(monkeypatch, capsys):
    failed = f"cards.ads: FAILED to create: {'no ' * 100}"
    monkeypatch.setenv("COLUMNS", "60")

    ProgressDisplay("Applying", "steps", 1).line(failed)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    ProgressDisplay("Applying", "steps", 1).line(failed)

    assert capsys.readouterr().err.splitlines() == [failed, f"{failed[:57]}..."]
