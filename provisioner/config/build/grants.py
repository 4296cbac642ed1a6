"""Builds the `grants` section: temporary spending power for cards, checked like resources."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from provisioner.config.build.entry import EntryBuilder, moment
from provisioner.config.build.normal_form import Names
from provisioner.config.build.sections import Block, Blocks
from provisioner.config.schema.grant_fields import (
    DEFINITION,
    DOC,
    SECTION,
    grant_fields,
    grantable,
)
from provisioner.config.schema.validate import Shapes
from provisioner.config.text.near import near
from provisioner.config.text.scalar import Odd, shown
from provisioner.core.model.errors import Problem
from provisioner.core.model.grant import Grant
from provisioner.core.model.resource import Declared
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import FieldFault, Kind

NO_NAMES = Names({}, {}, complete=True)


def build_grants(
    kinds: Sequence[Kind],
    blocks: Blocks,
    declared: Sequence[Declared],
    shapes: Shapes,
    problems: list[Problem],
    *,
    complete: bool,
) -> tuple[Grant, ...]:
    """
    Build the grants, and add their problems to `problems`.

    `complete` is False if a file could not be read; then a missing card is not reported.
    """
    target = grantable(kinds)
    cards = {each.address.name: each for each in declared if each.address.section == target.section}
    known = blocks.section(target.section).keys() if complete else None
    builder = EntryBuilder(SECTION, DEFINITION, DOC, shapes, problems, "plans show it")
    built = (
        _build(block, builder, target, grant_fields(kinds), (cards, known))
        for block in blocks.section(SECTION).values()
    )
    return tuple(grant for grant in built if grant)


def _build(
    block: Block,
    builder: EntryBuilder,
    target: Kind,
    fields: Sequence[Field],
    named: tuple[Mapping[str, Declared], Collection[str] | None],
) -> Grant | None:
    # YAML reads an unquoted date as a type of its own.
    raw = {
        name: value.raw if isinstance(value, Odd) and value.what == "a date" else value
        for name, value in (block.value or {}).items()
    }
    cards, known = named
    asked = raw.get(target.section)
    globs = asked if isinstance(asked, list) else []
    covered = [each for name, each in cards.items() if any(fnmatchcase(name, str(glob)) for glob in globs)]
    currencies = {target.currency(each.address, each.fields) for each in covered}
    kind = builder.kind(
        fields,
        partial(_check, currencies),
        lambda _address, _raw: min((each for each in currencies if each), default=None),
    )
    found = builder.build(block, kind, raw, NO_NAMES)
    if found is None:
        return None
    if known is not None:
        found.faults += _unmatched(target.section, found.fields[target.section], known)
    powers = {field.name for field in (target.spending.grant_fields if target.spending else ())}
    power = {name: value for name, value in found.fields.items() if name in powers}
    if builder.report(block, found.faults or [*_cannot(target, covered, power)]):
        return None
    return Grant(
        block.name,
        frozenset(each.address for each in covered),
        power,
        until=moment(found.fields["until"]),
        begin=moment(found.fields["from"]) if "from" in found.fields else 0,
        reason=str(found.fields.get("reason", "")),
        where=block.where(),
    )


def _check(currencies: set[str | None], fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Return the contradictions in a grant."""
    if len(currencies) > 1 and "spending_limits" in fields:
        said = " and ".join(sorted(filter(None, currencies)))
        yield FieldFault(("spending_limits",), f"the cards are in {said}; write one grant for each currency")
    moments = {}
    for name in ("from", "until"):
        try:
            moments[name] = moment(fields[name]) if name in fields else 0
        except ValueError as error:
            yield FieldFault((name,), str(error))
    if len(moments) > 1 and moments["until"] <= moments["from"]:
        yield FieldFault(("until",), "'until' must be later than 'from'")


def _unmatched(section: str, globs: Sequence[str], known: Collection[str]) -> Iterator[FieldFault]:
    """Return a problem for each name and pattern that matches nothing: a typo must not look like a grant."""
    for at, glob in enumerate(globs):
        if not any(fnmatchcase(name, glob) for name in known):
            text = f"{shown(glob)} matches nothing under {section!r}{near(glob, known)}"
            yield FieldFault((section, at), text)


def _cannot(target: Kind, covered: Sequence[Declared], power: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Return what a grant cannot give to one of its resources."""
    if not power and target.spending:
        names = ", ".join(field.name for field in target.spending.grant_fields)
        yield FieldFault((), f"gives nothing; add at least one of {names}")
    for each in covered if target.spending else ():
        for fault in target.spending.grant_faults(each.fields, power) if target.spending else ():
            yield FieldFault(fault.path, f"{each.address} {fault.text}")
