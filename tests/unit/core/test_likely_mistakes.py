"""Notes on likely mistakes: what they name fixes it, and nothing is named that is as it should be."""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.declare import card, config, holder
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.diff.change import Action
from provisioner.core.model.resource import Address, Declared, Lifecycle
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.kinds import KINDS

RENAMED = re.compile(r"looks like (\w+)\.(\w+) under another name\. .*`lifecycle: \{previously: \[(\w+)\]\}`")
LIMITS = [None, {"spending_limits": ({"amount": 700, "interval": "daily"},)}]


@st.composite
def estates(draw: st.DrawFn) -> list[Declared]:
    """Holders of few names and their cards, of few kinds, under few addresses."""
    holders = draw(st.dictionaries(st.sampled_from("uvwxyz"), st.sampled_from(["Ann", "Bob"]), min_size=1))
    cards = draw(
        st.dictionaries(
            st.sampled_from("abcdef"),
            st.tuples(st.sampled_from(sorted(holders)), st.sampled_from(LIMITS)),
        )
    )
    return [
        *(holder(name, name=f"{who} Inc", email=f"{who}@acme.example") for name, who in holders.items()),
        *(card(name, cardholder=of, spending_controls=limits) for name, (of, limits) in cards.items()),
    ]


def applied(declared: list[Declared]) -> StripeModel:
    stripe = StripeModel()
    for _ in carry_out(planned(stripe, declared), stripe):
        pass
    return stripe


def planned(stripe: StripeModel, declared: list[Declared]) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world())


def renames(plan: Plan) -> dict[Address, Address]:
    """The old address of each that a note calls renamed."""
    found = {}
    for note in plan.notes:
        if said := RENAMED.match(note.text):
            assert said[2] == said[3]
            section, _, name = note.address.partition(".")
            found[Address(section, name)] = Address(said[1], said[2])
    return found


@settings(max_examples=thorough(60), deadline=None)
@given(estates(), estates())
def test_a_rename_is_one_once_its_note_is_followed(before: list[Declared], after: list[Declared]) -> None:
    stripe = applied(before)
    plan = planned(stripe, after)
    found = renames(plan)
    ends = {change.address for change in plan.changes if change.action is Action.RETIRE}
    begins = {change.address for change in plan.changes if change.action is Action.CREATE}

    assert found.keys() <= begins
    assert {*found.values()} <= ends
    assert len({*found.values()}) == len(found)
    followed = [
        replace(each, lifecycle=Lifecycle(previously=(found[each.address].name,)))
        if each.address in found
        else each
        for each in after
    ]
    fixed = planned(stripe, followed).changes
    assert not {each.address for each in fixed if each.action is Action.CREATE} & found.keys()
    assert not {each.address for each in fixed if each.action is Action.RETIRE} & {*found.values()}


@settings(max_examples=thorough(60), deadline=None)
@given(estates())
def test_once_all_is_applied_nothing_is_named(declared: list[Declared]) -> None:
    stripe = applied(declared)

    assert planned(stripe, declared).notes == ()


@settings(max_examples=thorough(60), deadline=None)
@given(estates(), st.sets(st.sampled_from("abcdef")))
def test_what_only_comes_or_only_goes_is_no_rename(declared: list[Declared], kept: set[str]) -> None:
    fewer = [each for each in declared if each.address.section == "cardholders" or each.address.name in kept]

    assert renames(planned(applied(declared), fewer)) == {}
    assert renames(planned(applied(fewer), declared)) == {}


def test_a_holder_and_its_card_under_other_names_are_both_renames() -> None:
    limits = LIMITS[1]
    stripe = applied([holder("u", name="Ann Inc"), card("a", cardholder="u", spending_controls=limits)])
    plan = planned(stripe, [holder("v", name="Ann Inc"), card("b", cardholder="v", spending_controls=limits)])

    assert renames(plan) == {
        Address("cardholders", "v"): Address("cardholders", "u"),
        Address("cards", "b"): Address("cards", "a"),
    }


def test_what_two_share_is_named_and_what_three_share_is_not() -> None:
    def said(*more: dict[str, Any]) -> list[str]:
        people = [holder(f"p{n}", **fields) for n, fields in enumerate(more)]
        return [f"{note.address}: {note.text}" for note in planned(StripeModel(), people).notes]

    ann, company = {"name": "Ann Inc", "email": "A@acme.example"}, {"email": "a@acme.example"}
    assert said(ann, {**ann, "email": "a@ACME.example"})[0].startswith(
        "cardholders.p1: has the same name and e-mail address as cardholders.p0."
    )
    assert said(ann, ann, ann) == []
    assert said(ann, {**company, "name": "Bob Inc"}) == []
    assert said({"name": "Ann Inc"}, {"name": "Ann Inc"}) == []
