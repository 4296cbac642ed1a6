"""Formats drift as text and as Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift_document import DriftDocument, DriftedValue, Remark
from provisioner.core.model.words import count
from provisioner.core.schema.field import Direction
from provisioner.views.safe_markdown import LONGEST_LINE, clip, fence, place, plain, size
from provisioner.views.values import inert, show_place, show_row, show_trace, show_value
from provisioner.views.wrap import shared_column

IN_SYNC = "No drift. Stripe matches the last apply."
LONGEST = 60_000  # GitHub accepts at most 65,536 characters in an issue
ROOM = 1_000  # bytes for titles, fences and the last line
STATES = {
    Moved.LIVE: "changed outside of provisioner",
    Moved.BOTH: "changed outside of provisioner; the configuration changed too",
    Moved.YAML: "not applied yet: configuration changed",
    Moved.STRIPE: "blocked by Stripe",
    Moved.ENDED: "canceled as configured",
}
NOT_APPLIED = "not applied yet"  # without a change of the configuration, such as a balance below its target
TAKE_BACK = "`provisioner apply --expired-grants` takes it back"

Lines = Sequence[str]


def drift_text(document: DriftDocument, width: int | None = None) -> str:
    """
    Format drift as text: what changed outside of provisioner, what is not applied yet, and the counts.

    The first line names project, environment, mode and account. The values of one object are aligned in a
    column, as in a plan. `width` is that of the terminal; None for a file.
    """
    lines = [show_place(document.project, document.environment, document.mode, document.account), ""]
    values = sorted(document.drift, key=lambda value: value.waits)
    for heading, together in groupby(values, key=lambda value: _head(value, _state(value))):
        alike = [*together]
        column = shared_column([inert(value.path) for value in alike], width)
        lines += [heading, *(line for value in alike for line in value_lines(value, column)[1:])]
    lines += under_headings(_remark_lines(each, STATES[Moved.STRIPE]) for each in document.warnings)
    lines += under_headings(_remark_lines(each, STATES[Moved.ENDED]) for each in document.ended)
    for kind, ids in document.unmanaged.items():
        lines += [f"  {identity}: {kind} not managed by this project" for identity in ids]
    return "\n".join([*lines, *([""] if lines[-1] else []), drift_line(document)]) + "\n"


def under_headings(entries: Iterable[Lines]) -> Iterator[str]:
    """Yield the lines of all entries; consecutive entries with the same heading share it."""
    heading = ""
    for first, *others in entries:
        yield from others if first == heading else (first, *others)
        heading = first


def value_lines(value: DriftedValue, column: int = 0) -> list[str]:
    """
    Return the lines of one value: its object and state, then both sides with the path padded to `column`, and
    the cause.
    """
    heading, text = _remark_lines(value, _state(value))
    if not value.text:
        before, after = _sides(value, configuration="configuration", stripe="Stripe")
        text = f"      ~ {inert(value.path).ljust(column)} = {before} -> {after}"
    lines = [heading, text]
    if trace := value.trace or None:
        lines.append(f"      changed {show_trace(trace)}")
    if grant := value.grant or None:
        lines.append(f"      {inert(grant)}; {TAKE_BACK}")
    return lines


def _state(value: DriftedValue) -> str:
    """Return which side changed a value, and whether that raises spending."""
    if value.waits:
        return NOT_APPLIED if value.text or value.grant else STATES[Moved.YAML]
    raises = " (raises spending)" if value.direction is Direction.BROADENING else ""
    return STATES[value.moved] + raises


def _remark_lines(each: DriftedValue | Remark, state: str) -> list[str]:
    return [_head(each, state), f"      {inert(each.text)}"]


def _head(each: DriftedValue | Remark, state: str) -> str:
    where = f" ({each.id})" if each.id else ""
    return f"  # {inert(each.address)}{where}: {state}"


def _sides(value: DriftedValue, *, configuration: str, stripe: str) -> tuple[str, str]:
    """
    Return both sides of a value in the order of the change, each in its own currency.

    A change outside of provisioner leads from the configuration to Stripe, an apply from Stripe to the
    configuration.
    """
    row, other = show_row(value.row or {}), value.currency_live
    sides = (
        (configuration, value.declared, value.currency),
        (stripe, value.after, other if isinstance(other, str) else value.currency),
    )
    first, second = (
        f"{'not set' if side is None else show_value(side, currency) + row} ({name})"
        for name, side, currency in sides
    )
    return (second, first) if value.waits else (first, second)


def drift_line(document: DriftDocument) -> str:
    """Return the last line: the number of changes of each sort."""
    counts = document.summary
    others = ", ".join(count(n, kind) for kind, n in counts.unmanaged.items() if n)
    tail = f" Blocked by Stripe: {counts.warnings}." if counts.warnings else ""
    tail += f" Canceled as configured: {counts.ended}." if counts.ended else ""
    tail += f" Not managed by this project: {others}." if others else ""
    waiting = f"{count(counts.pending, 'change')} not applied yet" if counts.pending else ""
    if counts.drift:
        outside = f"Drift: {count(counts.drift, 'change')} made outside of provisioner"
        return f"{'; '.join(filter(None, (outside, waiting)))}.{tail}"
    return (f"No drift; {waiting}." if waiting else IN_SYNC) + tail


def drift_markdown(document: DriftDocument, longest: int = LONGEST) -> str:
    """Format drift as Markdown for one issue, of at most `longest` bytes; values appear only as code."""
    where = place(document.project, document.environment, document.mode, document.account)
    head = f"### Drift of {where}\n\n**{plain(drift_line(document))}**\n"
    moved = [value for value in document.drift if not value.waits]
    waiting = [value for value in document.drift if value.waits]
    if raises := sum(value.direction is Direction.BROADENING for value in moved):
        head += f"\n> [!WARNING]\n> {count(raises, 'change')} raised spending without review.\n"
    room = longest - size(head) - ROOM
    parts = []
    titled: tuple[tuple[str, Sequence[Any], Callable[[Any], Lines]], ...] = (
        ("Changed outside of provisioner", moved, _value_diff),
        ("Blocked by Stripe", document.warnings, lambda each: _remark_lines(each, STATES[Moved.STRIPE])),
        ("Canceled as configured", document.ended, lambda each: _remark_lines(each, STATES[Moved.ENDED])),
        ("Not applied yet", waiting, _value_diff),
    )
    for title, entries, lines_of in titled:
        if entries:
            lines = [*_fitting(map(lines_of, entries), len(entries), room)]
            parts.append(f"\n#### {title}\n\n{fence(lines, 'diff')}\n")
            room -= size(parts[-1])
    return head + "".join(parts)


def _fitting(entries: Iterable[Lines], total: int, room: int) -> Iterator[str]:
    """
    Yield the lines of as many of `total` entries as fit into `room` bytes, then the number of the
    others.
    """
    heading = ""
    for number, (first, *others) in enumerate(entries):
        block = [] if first == heading else [first.strip()]
        block += [line if line.startswith(("- ", "+ ")) else f"  {line.strip()}" for line in others]
        block = [clip(inert(line), LONGEST_LINE) for line in block]
        heading = first
        room -= sum(size(line) + 1 for line in block)
        if room < 0:
            yield f"# and {total - number:,} more"
            return
        yield from block


def _value_diff(value: DriftedValue) -> Lines:
    """Return the lines of one value for a `diff` block: the old side, then the new side."""
    heading, text, *trace = value_lines(value)
    if value.text:
        return [heading, text, *trace]
    before, after = _sides(value, configuration="in the configuration", stripe="in Stripe")
    path = inert(value.path)
    return [heading, f"- {path}: {before}", f"+ {path}: {after}", *trace]
