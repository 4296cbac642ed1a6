"""Two sides brought to one form, and what is then found to differ."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.declare import HOLDER, card, holder

from provisioner.core.diff.change import Edit
from provisioner.core.diff.compare import compare
from provisioner.core.model.resource import MASK, Address, Declared, Lifecycle, Live, Ownership, Ref
from provisioner.core.ownership.marks import applied
from provisioner.core.schema.field import Direction, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, put, reader, resolver
from provisioner.kinds.card import KIND as CARD
from provisioner.kinds.cardholder import KIND as CARDHOLDER
from provisioner.kinds.cardholder import same_phone

TIGHTER, BROADER, NEUTRAL = Direction.TIGHTENING, Direction.BROADENING, Direction.NEUTRAL


def live_of(kind: Kind, declared: Declared, **there: Any) -> Live:
    """What is live once `declared` was applied, and then moved to what is `there`."""
    stamp = Ownership("shop", declared.address, applied=applied("shop", kind.fields, declared.fields))
    fields = {**declared.fields, **there}
    return Live(declared.address, "id_1", {n: v for n, v in fields.items() if v is not None}, stamp)


def edits(kind: Kind, before: Declared, after: Declared, **there: Any) -> tuple[Edit, ...]:
    return compare(kind, after, live_of(kind, before, **there))[0]


def directions(before: Any, after: Any) -> dict[str, Direction]:
    found = edits(CARD, card(spending_controls=before), card(spending_controls=after))
    return {edit.path.removeprefix("spending_controls."): edit.direction for edit in found}


# --- normal form

EMPTY = {Shape.HASH: {}, Shape.MAP: {}, Shape.SET: [], Shape.LIST: [], Shape.TABLE: []}


@given(st.sets(st.sampled_from([field.name for field in CARDHOLDER.fields])), st.booleans())
def test_null_and_empty_are_the_same_as_absent(names: set[str], null: bool) -> None:
    raw = {name: None if null else EMPTY.get(CARDHOLDER.field(name).shape, "") for name in names}
    assert reader(CARDHOLDER.fields)(raw) == {}


def test_what_stripe_shows_of_its_own_is_dropped() -> None:
    raw = {
        "id": "ic_1",
        "object": "issuing.card",
        "last4": "4242",
        "cardholder": {
            "id": "ich_1",
            "object": "issuing.cardholder",
            "name": "Jenny Rosen",
            "email": "j@x.org",
        },
        "spending_controls": {
            "spending_limits": [{"amount": 1, "interval": "daily", "categories": []}],
            "spending_limits_currency": "usd",
        },
        "shipping": None,
    }
    resolved = resolver(CARD.fields, lambda _section, identity: Ref(Address("cardholders", identity)))
    assert resolved(reader(CARD.fields)(raw)) == {
        "cardholder": Ref(Address("cardholders", "ich_1")),
        "spending_controls": {"spending_limits": ({"amount": 1, "interval": "daily"},)},
    }


@given(
    st.recursive(st.integers(), lambda sub: st.dictionaries(st.sampled_from("abc"), sub, max_size=3)),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join),
    st.integers(),
)
def test_what_is_put_somewhere_is_found_there(tree: Any, path: str, value: int) -> None:
    if not isinstance(tree, dict) or any(
        isinstance(at(tree, path.rsplit(".", n)[0]), int) for n in range(1, 3)
    ):
        return
    assert at(put(tree, path, value), path) == value
    assert at(put(tree, path, None), path) is None


@pytest.mark.parametrize(
    ("declared", "live", "same"),
    [
        ("+1 (800) 867-5309", "+18008675309", True),
        ("0018008675309", "+18008675309", True),
        ("800-867-5309", "+18008675309", True),
        ("020 7946 0018", "+442079460018", True),
        ("+18008675309", "+18008675310", False),
        ("+8008675309", "+18008675309", False),
        ("5309", "+18008675309", False),
        ("800-867-5309", "+18008675310", False),
    ],
)
def test_spellings_of_one_phone_number(declared: str, live: str, same: bool) -> None:
    assert same_phone(declared, live) is same


# --- what is looked at


def test_what_was_never_declared_is_left_alone() -> None:
    by_hand = {"spending_controls": {"blocked_categories": ("bakeries",)}, "second_line": "By hand"}
    assert edits(CARD, card(), card(), **by_hand) == ()


def test_what_was_applied_and_is_declared_no_more_is_reset() -> None:
    found = edits(CARD, card(metadata={"team": "a"}), card(), metadata={"team": "a", "theirs": "b"})
    assert [(e.path, e.before, e.after) for e in found] == [("metadata.team", "a", None)]


def test_what_cannot_be_reset_is_named() -> None:
    before = holder(email="a@example.com")
    found, notes = compare(CARDHOLDER, holder(), live_of(CARDHOLDER, before))
    assert found == ()
    assert [str(note.text) for note in notes] == [
        (
            "email is no longer in the configuration, but Stripe cannot clear it; "
            "its value in Stripe does not change"
        )
    ]


def test_personal_values_are_masked_on_both_sides_and_absence_is_not() -> None:
    [edit] = edits(CARDHOLDER, holder(), holder(email="new@example.com"))
    assert (edit.before, edit.after, edit.sensitive) == (None, MASK, True)
    assert "new@example.com" not in repr(edit)


def test_values_from_outside_are_masked_wherever_they_stand() -> None:
    wanted = card(metadata={"token": "s3cret"})
    secret = Declared(wanted.address, wanted.fields, sensitive=frozenset({"metadata.token"}))
    [edit] = edits(CARD, card(), secret)
    assert edit.after == MASK


@given(st.lists(st.sampled_from(["daily", "weekly", "monthly", "yearly"]), unique=True), st.randoms())
def test_rows_in_any_order_are_no_change(intervals: list[str], random: Any) -> None:
    rows = [{"amount": 100, "interval": interval} for interval in intervals]
    shuffled = [*rows]
    random.shuffle(shuffled)
    assert directions({"spending_limits": tuple(rows)}, {"spending_limits": tuple(shuffled)}) == {}


def test_a_row_that_is_added_before_others_is_the_only_edit() -> None:
    old, new = {"amount": 1, "interval": "daily"}, {"amount": 2, "interval": "weekly"}
    found = edits(
        CARD,
        card(spending_controls={"spending_limits": (old,)}),
        card(spending_controls={"spending_limits": (new, old)}),
    )
    assert [(e.before, e.after) for e in found] == [(None, new)]


def test_a_reference_to_what_is_replaced_differs() -> None:
    found, _ = compare(CARD, card(), live_of(CARD, card()), frozenset({Address("cardholders", "acme")}))
    assert [(e.path, e.forces_replacement) for e in found] == [("cardholder", True)]


# --- directions

A, B = "bakeries", "book_stores"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"allowed_categories": (A,)}, {"allowed_categories": (A, B)}, BROADER),
        ({"allowed_categories": (A, B)}, {"allowed_categories": (A,)}, TIGHTER),
        ({"allowed_categories": (A,)}, {"allowed_categories": (B,)}, BROADER),
        ({"allowed_categories": (A,)}, {}, BROADER),
        ({}, {"allowed_categories": (A,)}, TIGHTER),
        ({"blocked_categories": (A,)}, {"blocked_categories": (A, B)}, TIGHTER),
        ({"blocked_categories": (A, B)}, {"blocked_categories": (A,)}, BROADER),
        ({"blocked_merchant_countries": ("US",)}, {}, BROADER),
        ({}, {"allowed_card_presences": ("present",)}, TIGHTER),
    ],
)
def test_the_direction_of_lists(before: Any, after: Any, expected: Direction) -> None:
    keep = {"spending_limits": ({"amount": 1, "interval": "daily"},)}
    assert set(directions({**before, **keep}, {**after, **keep}).values()) == {expected}


def row(amount: int, interval: str = "daily", *categories: str) -> dict[str, Any]:
    return {"amount": amount, "interval": interval, **({"categories": categories} if categories else {})}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((row(1),), (row(2),), BROADER),
        ((row(2),), (row(1),), TIGHTER),
        ((row(2), row(9, "monthly")), (row(2),), BROADER),
        ((row(2),), (row(2), row(9, "monthly")), TIGHTER),
        ((row(1), row(9, "monthly")), (row(2), row(3, "monthly")), BROADER),
        ((row(1, "daily", A),), (row(1, "daily", A, B),), BROADER),
        ((row(1),), (row(1, "daily", A),), BROADER),
    ],
)
def test_the_direction_of_limits(before: Any, after: Any, expected: Direction) -> None:
    found = directions({"spending_limits": before}, {"spending_limits": after})
    assert set(found.values()) == {expected}


@pytest.mark.parametrize(
    ("before", "after", "expected"), [("active", "inactive", TIGHTER), ("inactive", "active", BROADER)]
)
def test_the_direction_of_a_status(before: str, after: str, expected: Direction) -> None:
    assert [e.direction for e in edits(CARD, card(status=before), card(status=after))] == [expected]
    assert [e.direction for e in edits(CARDHOLDER, holder(status=before), holder(status=after))] == [expected]


def limits(amount: int | None, currency: str | None = None) -> dict[str, Any]:
    rows = {"spending_limits": (row(amount),)} if amount else {}
    named = {"spending_limits_currency": currency} if currency else {}
    return {"spending_controls": {"allowed_card_presences": ("present",), **rows, **named}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (limits(5000, "krw"), limits(5000, "usd"), {BROADER}),
        (limits(5000, "krw"), limits(4000, "usd"), {BROADER}),
        (limits(5000), limits(4000, "usd"), {BROADER}),
        (limits(5000, "usd"), limits(4000, "usd"), {TIGHTER}),
        (limits(None), limits(4000, "usd"), {TIGHTER, NEUTRAL}),
        (limits(None, "krw"), limits(None, "usd"), {NEUTRAL}),
        (limits(None, "krw"), limits(4000, "usd"), {TIGHTER, NEUTRAL}),
        (limits(5000, "krw"), limits(None, "usd"), {BROADER, NEUTRAL}),
        (limits(5000, "krw"), limits(None), {BROADER}),
    ],
)
def test_limits_in_another_currency_may_be_the_wider_ones(before: Any, after: Any, expected: Any) -> None:
    found = edits(CARDHOLDER, holder(**before), holder(**after))
    assert {edit.direction for edit in found} == expected


def test_limits_that_are_left_to_others_give_power_in_another_currency() -> None:
    wanted = holder(
        lifecycle=Lifecycle(ignore=frozenset({"spending_controls.spending_limits"})), **limits(1, "usd")
    )
    [edit] = edits(CARDHOLDER, holder(**limits(5000, "krw")), wanted)
    assert (edit.after, edit.direction) == ("usd", BROADER)


def test_amounts_are_told_in_the_currency_of_their_side() -> None:
    found = {
        e.path.rpartition(".")[2]: e
        for e in edits(CARDHOLDER, holder(**limits(50, "krw")), holder(**limits(9, "usd")))
    }
    assert (found["amount"].currency_before, found["amount"].currency) == ("krw", "usd")
    found = {
        e.path.rpartition(".")[2]: e
        for e in edits(CARDHOLDER, holder(**limits(50, "usd")), holder(**limits(9, "usd")))
    }
    assert (found["amount"].currency_before, found["amount"].currency) == (None, "usd")


def test_a_card_in_another_currency_may_be_the_wider_one() -> None:
    low = {"spending_controls": {"spending_limits": (row(1),)}}
    found = edits(CARD, card(currency="krw", **low), card(currency="usd", **low))
    assert [(edit.path, edit.direction) for edit in found] == [("currency", BROADER)]


def test_the_way_back_has_a_direction_of_its_own() -> None:
    """A swap gives and takes, whichever way it goes."""
    a, b = ({"spending_controls": {"allowed_categories": (name,)}} for name in (A, B))
    [edit] = edits(CARD, card(**a), card(**b))
    assert (edit.direction, edit.undone) == (BROADER, BROADER)


def test_what_does_not_touch_power_is_neutral() -> None:
    moved = {"billing": {"address": {**HOLDER["billing"]["address"], "city": "Berkeley"}}}
    assert {e.direction for e in edits(CARDHOLDER, holder(), holder(**moved))} == {NEUTRAL}
    assert {e.direction for e in edits(CARD, card(), card(metadata={"a": "b"}))} == {NEUTRAL}
