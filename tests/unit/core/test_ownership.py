"""The marks on our objects: they come back as written, fit Stripe's limits, and give nobody away."""

import datetime as dt
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.depth import DEEP

from provisioner.core.model.resource import REMOVALS, Address, Live, Ownership
from provisioner.core.ownership.marks import (
    GENERATION,
    OUR_KEYS,
    PERSONAL,
    applied,
    field_code,
    marks,
    read_stamp,
    value_digest,
)
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import NAME_PATTERN, Kind, owned
from provisioner.core.schema.normal_form import leaves
from provisioner.kinds import KINDS, card, cardholder

BITS = 6
OURS = owned(KINDS)


def largest(field: Field) -> Any:
    """A value with everything in it that a field can have."""
    match field.shape:
        case Shape.HASH:
            return {sub.name: largest(sub) for sub in field.fields}
        case Shape.TABLE:
            return ({sub.name: largest(sub) for sub in field.fields},) * 20
        case Shape.MAP:
            return {f"{number:02}{'k' * 38}": "v" * 500 for number in range(50 - len(OUR_KEYS))}
        case Shape.SET | Shape.LIST:
            return field.choices or ("US",)
        case Shape.INTEGER | Shape.AMOUNT:
            return field.high or 999_999_999_999
        case Shape.BOOLEAN:
            return True
        case _:
            return "x" * (field.longest or 400)


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_the_marks_of_the_largest_resource_fit_50_keys_of_500_characters(kind: Kind) -> None:
    tree = {field.name: largest(field) for field in kind.fields}
    stamp = Ownership(
        "p" * 40,
        Address(kind.section, "n" * 60),
        10**6,
        applied("p" * 40, kind.fields, tree),
        True,
        "cancel",
        99,
        f"ic_{'1' * 64}",
        999_999_999,
        "f" * 32,
    )

    written = marks(stamp)

    assert len(written) + len(tree["metadata"]) <= 50
    assert all(len(name) <= 40 and len(value) <= 500 for name, value in written.items())
    assert read_stamp(written) == stamp


SHORT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=30)


@given(
    st.builds(
        Ownership,
        project=SHORT,
        address=st.builds(Address, st.sampled_from(["cards", "cardholders"]), SHORT.map("a{}".format)),
        generation=st.integers(1, 10**6),
        applied=st.dictionaries(SHORT.map(field_code), SHORT.map(lambda text: text[:4]), max_size=40),
        protect=st.booleans(),
        on_remove=st.sampled_from(["deactivate", "cancel", "keep"]),
        reissued=st.integers(0, 1000),
        predecessor=st.just("") | SHORT.map("ic_{}".format),
        revision=st.integers(0, 1000),
        salt=st.just("") | st.text("0123456789abcdef", min_size=32, max_size=32),
    )
)
def test_a_stamp_is_read_as_it_was_written(stamp: Ownership) -> None:
    assert read_stamp(marks(stamp)) == stamp
    assert read_stamp({name: value for name, value in marks(stamp).items() if value}) == stamp


@given(st.dictionaries(st.sampled_from(OUR_KEYS), st.text(max_size=40)))
def test_marks_that_people_have_edited_say_what_the_yaml_may_say_or_are_refused(
    metadata: dict[str, str],
) -> None:
    stamp = read_stamp(metadata)
    if stamp and not stamp.unreadable:
        assert re.fullmatch(NAME_PATTERN[1:-1], stamp.address.name)
        assert stamp.on_remove in REMOVALS
        assert stamp.generation > 0 <= stamp.reissued


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "9" * 10, "\u0663"])
def test_a_generation_that_cannot_be_read_counts_as_not_written(text: str) -> None:
    stamp = read_stamp({**marks(Ownership("shop", Address("cards", "ads"))), GENERATION: text})

    assert stamp is not None
    assert stamp.generation == 1


def test_an_object_of_nobody_has_no_stamp() -> None:
    assert read_stamp({}) is None
    assert read_stamp({"provisioner_address": "cards.ads"}) is None


def test_a_record_that_does_not_fit_is_an_error_and_not_cut() -> None:
    record = {field_code(str(number)): "abcd" for number in range(200)}

    with pytest.raises(ValueError, match=r"cards\.ads does not fit"):
        marks(Ownership("shop", Address("cards", "ads"), applied=record))


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_no_two_fields_share_a_code(kind: Kind) -> None:
    tree = {field.name: largest(field) for field in kind.fields}
    paths = [path for path, _, _ in leaves(kind.fields, tree)]

    assert len({field_code(path) for path in paths}) == len(paths)


# --- nothing personal can be told from them

BIRTHS = [dt.date(1920, 1, 1) + dt.timedelta(days) for days in range(0, 36_500, 1 if DEEP else 5)]


def born(day: dt.date) -> dict[str, Any]:
    return {"individual": {"dob": {"day": day.day, "month": day.month, "year": day.year}}}


def test_a_date_of_birth_cannot_be_told_from_the_record() -> None:
    """Every record fits hundreds of the dates of a hundred years (a fifth of them is tried)."""
    fields = cardholder.KIND.fields
    records = Counter(tuple(applied("shop", fields, born(day)).values()) for day in BIRTHS)

    assert min(records.values()) > (100 if DEEP else 20)


def test_an_address_gives_away_no_more_than_one_of_its_lines() -> None:
    """Street, town and code together are known to fewer people than any of them: they share one digest."""
    lines = {"line1": "1 Main St", "city": "Oakland", "postal_code": "94111", "country": "US", "state": "CA"}
    record = applied("shop", cardholder.KIND.fields, {"billing": {"address": lines}})

    assert len(record) == len(lines)
    assert len(set(record.values())) == 1
    moved = applied("shop", cardholder.KIND.fields, {"billing": {"address": {**lines, "line1": "2 Main St"}}})
    assert len(set(moved.values())) == 1


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_no_personal_value_has_more_than_six_bits_in_the_record(kind: Kind) -> None:
    tree = {field.name: largest(field) for field in kind.fields}
    for path, field, value in leaves(kind.fields, tree):
        if field.sensitive and not field.write_only:
            assert len(value_digest("shop", path, field, value)) == PERSONAL == 1


def test_a_tax_number_leaves_thousands_of_candidates() -> None:
    field = cardholder.KIND.field("company").field("tax_id")
    assert field.write_only
    assert 10**9 / 2 ** (BITS * len(value_digest("shop", "company.tax_id", field, "000000000"))) > 1000


def test_no_write_only_value_shares_a_digest_with_others() -> None:
    """It is compared by its digest alone, so that must be its own."""

    def look(fields: tuple[Field, ...], *, together: bool) -> None:
        for field in fields:
            assert not (field.write_only and together)
            look(field.fields, together=together or field.sent_whole)

    for kind in OURS:
        look(kind.fields, together=False)


def test_no_value_stands_in_the_marks() -> None:
    live = Live(Address("cards", "ads"), "ic_1", {}, Ownership("shop", Address("cards", "ads")))
    fields = {"second_line": "Jenny Rosen", "metadata": {"pet": "Rex the dog"}}
    record = applied(live.stamp.project, card.KIND.fields, fields)

    assert "Jenny" not in str(record)
    assert "Rex" not in str(record)
