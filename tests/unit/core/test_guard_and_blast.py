"""What a plan costs at worst, and what stops it."""

from collections.abc import Iterable
from typing import Any

import pytest
from support.declare import card, config, holder, target
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.config import Config, Guardrails
from provisioner.core.model.money import Money
from provisioner.core.model.resource import Declared, Lifecycle, Reissue
from provisioner.core.plan.call import Phase
from provisioner.core.plan.guardrails import UNLIMITED, judge, stops
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.kinds import KINDS


def plan(before: Iterable[Declared], after: Iterable[Declared], **limits: Any) -> tuple[Plan, Config]:
    stripe = StripeModel()
    for _ in carry_out(make_plan(KINDS, config(holder(), *before), stripe.world()), stripe):
        pass
    wanted = config(holder(), *after, guardrails=Guardrails(**limits))
    return make_plan(KINDS, wanted, stripe.world()), wanted


def stopped(
    before: Iterable[Declared], after: Iterable[Declared], allowed: Any = None, **limits: Any
) -> list[str]:
    made, wanted = plan(before, after, **limits)
    return [danger.name for danger in judge(made, wanted.guardrails, allowed or {})]


def limit(amount: int, interval: str = "monthly", **more: Any) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": interval, **more},)}


def cards(number: int, **fields: Any) -> list[Declared]:
    return [card(f"card-{n:03}", **fields) for n in range(number)]


# --- blast radius


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        ([], [card(spending_controls=limit(700))], {"usd": 700}),
        ([], [card(spending_controls=limit(10, "daily"))], {"usd": 310}),
        ([], [card(spending_controls=limit(10, "weekly"))], {"usd": 60}),
        ([], [card(spending_controls=limit(900, "all_time"))], {"usd": 900}),
        ([], [card(spending_controls=limit(9, "per_authorization"))], {"usd": None}),
        ([], [card(spending_controls=limit(9, categories=("bakeries",)))], {"usd": None}),
        ([], [card()], {"usd": 31 * 50_000}),
        ([], [card(currency="krw")], {"krw": 31 * 500}),
        ([], [card(spending_controls={"allowed_categories": ("bakeries",)})], {"usd": 31 * 50_000}),
        ([], [card(status="inactive")], {}),
        ([card(spending_controls=limit(700))], [card(spending_controls=limit(900))], {"usd": 200}),
        ([card(spending_controls=limit(900))], [card(spending_controls=limit(700))], {}),
        ([card(spending_controls=limit(700))], [card()], {"usd": 31 * 50_000 - 700}),
        (
            [card(currency="eur", spending_controls=limit(700))],
            [card(currency="eur")],
            {"eur": 31 * 50_000 - 700},
        ),
        (
            [card(spending_controls=limit(700))],
            [card(spending_controls=limit(9, "per_authorization"))],
            {"usd": None},
        ),
        ([card(spending_controls=limit(700))], [card(status="inactive")], {}),
        (
            [card(status="inactive", spending_controls=limit(700))],
            [card(spending_controls=limit(700))],
            {"usd": 700},
        ),
        ([card(spending_controls=limit(700))], [card(second_line="A", spending_controls=limit(700))], {}),
        ([card()], [card(second_line="A")], {}),
        (
            [card(currency="krw", spending_controls=limit(700))],
            [card(spending_controls=limit(700))],
            {"usd": 700},
        ),
        ([card()], [card(metadata={"a": "b"})], {}),
        (
            [card(spending_controls={"allowed_categories": ("bakeries",)})],
            [card(spending_controls={"allowed_categories": ("caterers",)})],
            {},
        ),
    ],
)
def test_the_exposure_that_is_added(before: list[Declared], after: list[Declared], added: Any) -> None:
    assert plan(before, after)[0].blast.exposure == added


def test_exposure_of_several_cards_adds_up_and_nothing_is_as_large_as_no_limit() -> None:
    limited = cards(3, spending_controls=limit(700))
    assert plan([], limited)[0].blast.exposure == {"usd": 2100}
    for name in ("free", "a-free"):
        free = card(name, spending_controls=limit(9, "per_authorization"))
        assert plan([], [free, *limited])[0].blast.exposure == {"usd": None}


def test_what_else_is_said_before_anything_is_done() -> None:
    before = [card("stays"), card("goes", Lifecycle(on_remove="cancel")), card("wakes", status="inactive")]
    after = [card("stays", second_line="A"), card("wakes"), card("new"), target(5000)]
    blast = plan(before, after)[0].blast

    assert blast.money == (Money(5000, "usd"),)
    assert blast.activated == 2
    assert blast.final == 2


# --- guardrails


def test_from_ten_on_at_most_thirty_in_a_hundred_may_be_retired() -> None:
    assert stopped(cards(10), cards(7)) == []
    assert stopped(cards(10), cards(6)) == ["retired"]
    assert stopped(cards(9), []) == []
    assert stopped(cards(10), cards(6), {"retired": 4}) == []
    assert stopped(cards(10), cards(5), {"retired": 4}) == ["retired"]


def test_what_is_replaced_ends_for_good_and_counts_as_well() -> None:
    moved = cards(4, second_line="A")

    assert stopped(cards(10), [*moved[:3], *cards(10)[3:]]) == []
    assert stopped(cards(10), [*moved, *cards(10)[4:]]) == ["retired"]
    assert stopped(cards(10), [*moved, *cards(10)[4:]], {"retired": 4}) == []
    assert stopped(cards(2), cards(2, second_line="A"), max_retired=1) == ["retired"]
    made, wanted = plan(cards(10), cards(9, second_line="A"))
    [danger] = judge(made, wanted.guardrails, {})
    assert danger.text == "10 of 10 cards would be retired or replaced, more than 30%"


def test_a_reissue_that_is_asked_for_does_not_count() -> None:
    lost = Lifecycle(reissue=Reissue(1, "lost"))
    reissued = [card(c.address.name, lost) for c in cards(10)]

    assert stopped(cards(10), reissued) == []


def test_a_number_in_the_configuration_takes_the_place_of_the_share() -> None:
    assert stopped(cards(10), cards(6), max_retired=4) == []
    assert stopped(cards(3), cards(1), max_retired=1) == ["retired"]
    assert stopped(cards(3), cards(2), max_retired=0) == ["retired"]


def test_what_is_protected_is_told_by_the_object_and_not_by_the_yaml() -> None:
    kept = card(lifecycle=Lifecycle(protect=True))
    assert stopped([kept], []) == ["protected"]
    assert stopped([kept], [card(second_line="A")]) == ["protected"]
    assert stopped([kept], [card()]) == []
    assert stopped([kept], [], {"protected": 1}) == []


@pytest.mark.parametrize(
    ("limits", "name", "enough", "written"),
    [
        ({"max_top_up": {"usd": 4999}}, "top_up", 5000, "50.00USD"),
        ({"max_exposure_added": {"usd": 699}}, "exposure_added", 700, "7.00USD"),
        ({"max_activated": 0}, "activated", 1, "1"),
    ],
)
def test_each_limit_stops_and_the_number_that_it_names_lets_pass(
    limits: Any, name: str, enough: int, written: str
) -> None:
    after = [card(spending_controls=limit(700)), target(5000)]
    made, wanted = plan([], after, **limits)
    [danger] = judge(made, wanted.guardrails, {})

    assert danger.name == name
    assert f"--allow {name}={written}" in str(danger)
    assert judge(made, wanted.guardrails, {name: enough}) == ()
    assert judge(made, wanted.guardrails, {name: enough - 1}) == (danger,)


def test_a_number_for_one_currency_lets_no_other_pass() -> None:
    after = [
        card("us", spending_controls=limit(700)),
        card("uk", currency="gbp", spending_controls=limit(500)),
    ]
    made, wanted = plan([], after, max_exposure_added={"usd": 1, "gbp": 1})

    def left(allowed: dict[str, int]) -> list[str]:
        return [danger.name for danger in judge(made, wanted.guardrails, allowed)]

    assert sorted(left({})) == ["exposure_added.gbp", "exposure_added.usd"]
    assert sorted(left({"exposure_added": 700})) == ["exposure_added.gbp", "exposure_added.usd"]
    assert left({"exposure_added.usd": 700}) == ["exposure_added.gbp"]
    assert left({"exposure_added.usd": 700, "exposure_added.gbp": 500}) == []


def test_the_number_for_one_kind_counts_that_kind_alone() -> None:
    holders = [holder(f"holder-{n}") for n in range(10)]
    made, wanted = plan([*cards(10), *holders], [*cards(6), *holders[:9]])
    [danger] = judge(made, wanted.guardrails, {})

    assert str(danger).endswith(
        "4 of 10 cards would be retired, more than 30%; to allow it once, pass --allow retired=4"
    )
    assert judge(made, wanted.guardrails, {"retired.cards": 4}) == ()

    made, wanted = plan([*cards(10), *holders], [*cards(6), *holders[:2]])
    both = judge(made, wanted.guardrails, {"retired": 99})
    assert sorted(danger.name for danger in both) == ["retired.cardholders", "retired.cards"]


def test_a_limit_that_is_just_kept_does_not_stop() -> None:
    after = [card(spending_controls=limit(700)), target(5000)]
    limits = {"max_top_up": {"usd": 5000}, "max_exposure_added": {"usd": 700}, "max_activated": 1}
    assert stopped([], after, **limits) == []


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"max_top_up": {"eur": 9_999_999}}, "top_up.usd"),
        ({"max_exposure_added": {"eur": 9_999_999}}, "exposure_added.usd"),
    ],
)
def test_a_limit_on_money_lets_no_currency_pass_that_it_does_not_name(limits: Any, name: str) -> None:
    made, wanted = plan([], [card(spending_controls=limit(5000)), target(5000)], **limits)
    [danger] = judge(made, wanted.guardrails, {})

    [guardrail] = limits
    assert f"{guardrail}, which has no limit for USD; add one there; to allow" in str(danger)
    assert str(danger).endswith(f"--allow {name.partition('.')[0]}=50.00USD")
    assert judge(made, wanted.guardrails, {name: 5000}) == ()
    assert judge(made, wanted.guardrails, {name: 4999}) == (danger,)
    assert judge(made, wanted.guardrails, {name.partition(".")[0]: 5000}) == (danger,)


def test_a_currency_without_limit_is_no_more_allowed_than_its_limit_says() -> None:
    free = card(spending_controls=limit(9, "per_authorization"))
    made, wanted = plan([], [free], max_exposure_added={"eur": 1})
    [danger] = judge(made, wanted.guardrails, {"exposure_added.usd": UNLIMITED - 1})

    assert str(danger).endswith("--allow exposure_added.usd=unlimited")
    assert judge(made, wanted.guardrails, {"exposure_added.usd": UNLIMITED}) == ()


def test_without_a_limit_on_money_any_currency_passes() -> None:
    assert stopped([], [card(spending_controls=limit(5000)), target(5000)]) == []


def test_what_an_interrupted_replacement_left_is_no_share_again_but_still_protected() -> None:
    stripe = StripeModel()
    before = config(holder(), *[card(c.address.name, Lifecycle(protect=True)) for c in cards(12)])
    for _ in carry_out(make_plan(KINDS, before, stripe.world()), stripe):
        pass
    moved = config(
        holder(), *[card(c.address.name, Lifecycle(protect=True), second_line="A") for c in cards(12)]
    )
    started = make_plan(KINDS, moved, stripe.world())
    for _ in carry_out(started, stripe, calls=12):
        pass

    left = make_plan(KINDS, moved, stripe.world())
    assert left.summary["retire"] == 12
    assert [danger.name for danger in judge(left, moved.guardrails, {})] == ["protected"]
    assert judge(left, moved.guardrails, {"protected": 12}) == ()


def test_limits_in_another_currency_need_the_word_for_what_gives_power() -> None:
    """Nobody knows rates: 5,000 won are $4, and $50.00 are the same number."""
    stripe = StripeModel()

    def of(currency: str) -> Config:
        controls = {**limit(5000), "spending_limits_currency": currency}
        return config(
            holder(spending_controls=controls), guardrails=Guardrails(require_approval="broadening")
        )

    for _ in carry_out(make_plan(KINDS, of("krw"), stripe.world()), stripe):
        pass
    made = make_plan(KINDS, of("usd"), stripe.world())

    assert [stop.guardrail for stop in stops(made, of("usd").guardrails)] == ["require_approval"]
    assert [step.phase for step in made.steps] == [Phase.WIDEN]
