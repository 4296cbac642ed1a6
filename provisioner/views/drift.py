"""Drift as text and as Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift_document import DriftDocument, DriftedValue, Remark
from provisioner.core.schema.field import Direction
from provisioner.views.safe_markdown import LONGEST_LINE, clip, fence, plain, size
from provisioner.views.values import count, inert, show_row, show_value

IN_SYNC = "No drift. Stripe is as it was last applied."
LONGEST = 60_000  # GitHub takes 65,536 characters in an issue
ROOM = 1_000  # for titles, fences and the last line
WHO = {
    Moved.LIVE: "moved in Stripe",
    Moved.BOTH: "moved in Stripe and in the YAML",
    Moved.YAML: "pending: moved in the YAML",
    Moved.STRIPE: "held back by Stripe",
    Moved.ENDED: "has ended as declared",
}
WAITS = "pending"  # of what the YAML has not moved, such as a balance that has gone down

Lines = Sequence[str]


def drift_text(document: DriftDocument) -> str:
    """Write a drift document as text: what moved, by address; then what is waiting; then a count."""
    told = [value_lines(value) for value in sorted(document.drift, key=lambda value: value.waits)]
    told += [_remark_lines(each, WHO[Moved.STRIPE]) for each in document.warnings]
    told += [_remark_lines(each, WHO[Moved.ENDED]) for each in document.ended]
    lines = [*under_headings(told)]
    for kind, ids in document.unmanaged.items():
        lines += [f"  {identity}: a {kind} that is not managed here" for identity in ids]
    return "\n".join([*lines, *([""] if lines else []), drift_line(document)]) + "\n"


def under_headings(told: Iterable[Lines]) -> Iterator[str]:
    """All lines; of those that follow each other about one object, the heading stands there once."""
    heading = ""
    for first, *others in told:
        yield from others if first == heading else (first, *others)
        heading = first


def value_lines(value: DriftedValue) -> list[str]:
    """One value as lines of text: what it is about, what it was and is, and since when."""
    who = WAITS if value.waits and value.text else WHO[value.moved]
    gives = "  (gives spending power)" if value.direction is Direction.BROADENING and not value.waits else ""
    declared, live = _both(value)
    lines = _remark_lines(value, who + gives)
    if not value.text:
        lines[1] = f"      {inert(value.path)}: declared {declared}, live {live}"
    if trace := value.trace or None:
        by = f"request {trace.request}" if trace.request else "by Stripe or in the Dashboard"
        lines.append(f"      since {trace.at}, event {trace.event}, {by}")
    return lines


def _remark_lines(each: DriftedValue | Remark, who: str) -> list[str]:
    where = f" ({each.id})" if each.id else ""
    return [f"  # {inert(each.address)}{where}: {who}", f"      {inert(each.text)}"]


def _both(value: DriftedValue) -> tuple[str, str]:
    """What is declared and what is live, each in its own currency."""
    row, other = show_row(value.row or {}), value.currency_live
    sides = (
        (value.declared, value.currency),
        (value.after, other if isinstance(other, str) else value.currency),
    )
    declared, live = ("nothing" if side is None else show_value(side, of) + row for side, of in sides)
    return declared, live


def drift_line(document: DriftDocument) -> str:
    """The line that counts."""
    counts = document.summary
    others = ", ".join(count(n, kind) for kind, n in counts.unmanaged.items() if n)
    tail = f" Held back by Stripe: {counts.warnings}." if counts.warnings else ""
    tail += f" Ended as declared: {counts.ended}." if counts.ended else ""
    tail += f" Not managed here: {others}." if others else ""
    if not counts.drift and not counts.pending:
        return IN_SYNC + tail
    if not counts.drift:
        return f"No drift; {counts.pending} pending for the next apply.{tail}"
    return f"Drift: {counts.drift} moved in Stripe, {counts.pending} pending for the next apply.{tail}"


def drift_markdown(document: DriftDocument, longest: int = LONGEST) -> str:
    """Write a drift document as Markdown for one issue, of at most `longest` bytes; values are code only."""
    head = f"**{plain(drift_line(document))}**\n"
    moved = [value for value in document.drift if not value.waits]
    waiting = [value for value in document.drift if value.waits]
    if gives := sum(value.direction is Direction.BROADENING for value in moved):
        head += f"\n> [!WARNING]\n> {count(gives, 'move')} gave spending power that nobody has reviewed.\n"
    room = longest - size(head) - ROOM
    parts = []
    titled: tuple[tuple[str, Sequence[Any], Callable[[Any], Lines]], ...] = (
        ("What moved in Stripe", moved, _value_diff),
        ("Held back by Stripe", document.warnings, lambda each: _remark_lines(each, WHO[Moved.STRIPE])),
        ("Ended as declared", document.ended, lambda each: _remark_lines(each, WHO[Moved.ENDED])),
        ("Waiting for the next apply", waiting, _value_diff),
    )
    for title, entries, lines_of in titled:
        if entries:
            lines = [*_fitting(map(lines_of, entries), len(entries), room)]
            parts.append(f"\n#### {title}\n\n{fence(lines, 'diff')}\n")
            room -= size(parts[-1])
    return head + "".join(parts)


def _fitting(told: Iterable[Lines], total: int, room: int) -> Iterator[str]:
    """The lines of as many of `total` entries as there is room for, and how many more there are."""
    heading = ""
    for number, (first, *others) in enumerate(told):
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
    """One value as for a `diff`: what was and what is; of what waits, what is and what will be."""
    heading, said, *trace = value_lines(value)
    if value.text:
        return [heading, said, *trace]
    path = inert(value.path)
    declared, live = _both(value)
    sides = [f"{path}: {declared}  (declared)", f"{path}: {live}  (live)"]
    before, after = reversed(sides) if value.waits else sides
    return [heading, f"- {before}", f"+ {after}", *trace]
