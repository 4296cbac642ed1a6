"""Builds the `scenarios` section: purchases and their expected outcomes, checked like resources."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.config.build.entry import EntryBuilder, moment
from provisioner.config.build.normal_form import Names
from provisioner.config.build.sections import Block, Blocks
from provisioner.config.schema.scenario_fields import DEFINITION, DOC, FIELDS, SECTION, TIME_SAYS
from provisioner.config.schema.validate import Shapes
from provisioner.core.model.errors import Problem
from provisioner.core.model.resource import Address, Declared, Ref
from provisioner.core.model.scenario import METHOD_OF, Purchase, Scenario
from provisioner.core.schema.kind import FieldFault, Kind


def build_scenarios(
    blocks: Blocks,
    declared: Sequence[Declared],
    shapes: Shapes,
    problems: list[Problem],
    *,
    complete: bool,
) -> tuple[Scenario, ...]:
    """
    Build the scenarios, and add their problems to `problems`.

    `complete` is False if a file could not be read; then a missing card is not reported.
    """
    names = Names({"cards": blocks.section("cards")}, {}, complete=complete)
    by_address = {each.address: each for each in declared}

    def currency(_address: Address, raw: Mapping[str, Any]) -> str | None:
        """Return the currency of the card."""
        card = by_address.get(Address("cards", str(raw.get("card"))))
        return str(card.fields["currency"]) if card else None

    builder = EntryBuilder(SECTION, DEFINITION, DOC, shapes, problems, "results appear in output")
    kind = builder.kind(FIELDS, check, currency)
    built = (_build(block, builder, kind, names) for block in blocks.section(SECTION).values())
    return tuple(scenario for scenario in built if scenario)


def _build(block: Block, builder: EntryBuilder, kind: Kind, names: Names) -> Scenario | None:
    raw = {} if block.value is None else block.value
    if (name := str(raw.get("card", ""))) and not name.startswith("ic_"):
        # A scenario must not prevent removing its card; without the card it fails with a clear message.
        names = replace(names, declared={"cards": {*names.declared["cards"], name}})
    found = builder.build(block, kind, raw, names)
    if found is None or builder.report(block, found.faults):
        return None
    card = found.fields["card"]
    if not isinstance(card, Ref):
        return None
    currency = found.currency or ""
    last = _purchase(found.fields, {})
    earlier = [
        purchase
        for row in found.fields.get("after", ())
        for purchase in [_purchase(row, found.fields)] * row.get("repeat", 1)
    ]
    return Scenario(
        name=block.name,
        card=card.address,
        purchase=last,
        approved=found.fields["expect"] == "approved",
        reason=found.fields.get("reason", ""),
        currency=currency,
        after=(*earlier, *[last] * (found.fields.get("repeat", 1) - 1)),
        balance=found.fields.get("balance"),
        where=block.where(),
    )


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Return the contradictions in a scenario."""
    if fields["expect"] == "approved" and "reason" in fields:
        yield FieldFault(
            ("reason",), "'reason' is only for declined purchases; remove it, or expect declined"
        )
    if "presence" in fields and "authorization_method" in fields:
        yield FieldFault(
            ("presence",), "'presence' follows from 'authorization_method'; remove one of the two"
        )
    yield from _times(fields)
    for at, row in enumerate(fields.get("after", ())):
        if "presence" in row and "authorization_method" in row:
            text = "'presence' follows from 'authorization_method'; remove one of the two"
            yield FieldFault(("after", at, "presence"), text)


def _times(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    rows = fields.get("after", ())
    places: list[tuple[tuple[str | int, ...], str]] = [
        (("after", at, "at"), row["at"]) for at, row in enumerate(rows) if "at" in row
    ]
    if "at" not in fields:
        text = "the scenario itself needs 'at', too, if an earlier purchase has one"
        yield from (FieldFault(path, text) for path, _ in places)
        return
    places.append((("at",), fields["at"]))
    last = 0
    for path, text in places:
        try:
            when = moment(text)
        except ValueError:
            yield FieldFault(path, f"{text!r} is not a date and time; {TIME_SAYS}")
            continue
        if when < last:
            yield FieldFault(path, "earlier than the purchase before it; list purchases in order of time")
        last = when


def _purchase(row: Mapping[str, Any], scenario: Mapping[str, Any]) -> Purchase:
    """Build a purchase; missing values are taken from the scenario."""
    if "presence" in row or "authorization_method" in row:
        method = row.get("authorization_method") or METHOD_OF[row["presence"]]
    else:
        method = _purchase(scenario, {}).method if scenario else METHOD_OF["not_present"]
    said = {**scenario, **row}
    at = said.get("at")
    return Purchase(
        amount=row["amount"],
        category=said["category"],
        country=said.get("merchant_country", "US"),
        method=method,
        at=moment(at) if at else None,
    )
