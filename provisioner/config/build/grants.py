"""Builds the `grants` section: what some cards may do for a while, checked like resources."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from provisioner.config.build.normal_form import Names, normal
from provisioner.config.build.resources import problem_of
from provisioner.config.build.sections import Block, Blocks, locate
from provisioner.config.schema.grant_fields import (
    DEFINITION,
    DOC,
    SECTION,
    TIME_SAYS,
    grant_fields,
    grantable,
)
from provisioner.config.schema.validate import Shapes
from provisioner.config.text.near import near
from provisioner.config.text.scalar import BROKEN, Odd, shown
from provisioner.core.model.errors import Problem
from provisioner.core.model.grant import Grant
from provisioner.core.model.resource import Address, Declared
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
    Return the grants; their problems are added to `problems`.

    `complete` is False if a file could not be read, so that a missing card is not a problem.
    """
    target = grantable(kinds)
    cards = {each.address.name: each for each in declared if each.address.section == target.section}
    known = blocks.section(target.section).keys() if complete else None
    built = (
        _build(block, target, grant_fields(kinds), (cards, known), shapes, problems)
        for block in blocks.section(SECTION).values()
    )
    return tuple(grant for grant in built if grant)


def _build(
    block: Block,
    target: Kind,
    fields: Sequence[Any],
    named: tuple[Mapping[str, Declared], Any],
    shapes: Shapes,
    problems: list[Problem],
) -> Grant | None:
    # a date without quotes is a value of its own in YAML
    raw = {
        name: value.raw if isinstance(value, Odd) and value.what == "a date" else value
        for name, value in (block.value or {}).items()
    }
    cards, known = named
    globs = raw.get(target.section)
    covered = _covered(globs, cards) if isinstance(globs, list) else []
    kind = _kind(target, tuple(fields), covered)
    misfits = shapes.misfits(DEFINITION, raw)
    problems += [problem_of(misfit, block.pieces, kind) for misfit in misfits if misfit.value is not BROKEN]
    if misfits:
        return None
    found = normal(kind, Address(SECTION, block.name), raw, NO_NAMES)
    faults = [*found.faults, *_hidden(found.sensitive)]
    if known is not None:
        faults += _unmatched(target.section, found.fields[target.section], known)
    powers = {field.name for field in (target.spending.grant_fields if target.spending else ())}
    power = {name: value for name, value in found.fields.items() if name in powers}
    faults = faults or [*_cannot(target, covered, power)]
    if faults:
        problems += [Problem(locate(block.pieces, f.path).where, block.address, f.text) for f in faults]
        return None
    return Grant(
        block.name,
        frozenset(each.address for each in covered),
        power,
        until=_moment(found.fields["until"]),
        begin=_moment(found.fields["from"]) if "from" in found.fields else 0,
        reason=str(found.fields.get("reason", "")),
        where=block.where(),
    )


def _hidden(paths: set[str]) -> Iterator[FieldFault]:
    for path in sorted(paths):
        text = f"{path!r} comes from the environment or a file, but plans show it; use ${{var.NAME}}"
        yield FieldFault(tuple(path.split(".")), text)


def _covered(globs: Sequence[Any], cards: Mapping[str, Declared]) -> list[Declared]:
    return [each for name, each in cards.items() if any(fnmatchcase(name, str(glob)) for glob in globs)]


def _kind(target: Kind, fields: tuple[Any, ...], covered: Sequence[Declared]) -> Kind:
    """Describe grants as a kind, so that they are checked like resources; they are never sent."""
    currencies = {target.currency(each.address, each.fields) for each in covered}

    def currency(_address: Address, _raw: Mapping[str, Any]) -> str | None:
        """Return the currency of the covered cards."""
        return min((each for each in currencies if each), default=None)

    return Kind(
        name=DEFINITION,
        section=SECTION,
        service="",
        resource="",
        doc=DOC,
        fields=fields,
        rank=0,
        role=None,
        check=partial(_check, currencies),
        currency=currency,
    )


def _check(currencies: set[str | None], fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Find contradictions in a grant."""
    if len(currencies) > 1 and "spending_limits" in fields:
        said = " and ".join(sorted(filter(None, currencies)))
        yield FieldFault(("spending_limits",), f"the cards are in {said}; write one grant for each currency")
    moments = {}
    for name in ("from", "until"):
        try:
            moments[name] = _moment(fields[name]) if name in fields else 0
        except ValueError:
            yield FieldFault((name,), f"{fields[name]!r} is not a date or time; {TIME_SAYS}")
    if len(moments) > 1 and moments["until"] <= moments["from"]:
        yield FieldFault(("until",), "'until' must be later than 'from'")


def _moment(text: str) -> int:
    """Convert an ISO 8601 date or time to Unix seconds; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _unmatched(section: str, globs: Sequence[str], known: Any) -> Iterator[FieldFault]:
    """Find names and patterns that match nothing: a typo must not look like a grant."""
    for at, glob in enumerate(globs):
        if not any(fnmatchcase(name, glob) for name in known):
            text = f"{shown(glob)} matches nothing under {section!r}{near(glob, known)}"
            yield FieldFault((section, at), text)


def _cannot(target: Kind, covered: Sequence[Declared], power: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Find what a grant cannot give to one of its resources."""
    if not power and target.spending:
        names = ", ".join(field.name for field in target.spending.grant_fields)
        yield FieldFault((), f"gives nothing; add at least one of {names}")
    for each in covered if target.spending else ():
        for fault in target.spending.grant_faults(each.fields, power) if target.spending else ():
            yield FieldFault(fault.path, f"{each.address} {fault.text}")
