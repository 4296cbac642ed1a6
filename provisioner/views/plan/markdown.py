"""
The plan as Markdown for one comment on a pull request.

The worst comes first. A plan that is too long for a comment is shortened, and says so.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

from provisioner.core.diff.change import Action
from provisioner.core.model.money import show_money
from provisioner.core.plan.document import ShownPlan
from provisioner.views.plan.groups import Group, akin, alike, group
from provisioner.views.plan.text import (
    OUTSIDE,
    STOPPED,
    addresses,
    blast_radius,
    group_lines,
    headline,
    outside_lines,
    stop_lines,
    summary_line,
)
from provisioner.views.plan.values import show_power, team_name
from provisioner.views.safe_markdown import as_diff, clip, code, fence, place, plain, size, tag
from provisioner.views.values import count

LONGEST = 60_000  # GitHub takes 65,536 characters; the rest is for the lines that the caller adds
NAMES = 30
MOST_GROUPS = 150  # nobody reads more than this one by one
MOST_NOTES = 40
LONGEST_OUTSIDE = 300  # characters of each value that was changed outside of provisioner
LONGEST_ALERT = 15_000  # bytes; there may be two, and the changes need room as well
RESERVE = 1_500
TRIES = 50
ORDER = (Action.RETIRE, Action.REPLACE, Action.TOP_UP, Action.UPDATE, Action.CREATE, Action.ADOPT)


def plan_markdown(document: ShownPlan, longest: int = LONGEST) -> str:
    """
    Return a plan's document as Markdown of at most `longest` bytes.

    Changes that do the same are shown as one. Where these are still too many, changes to the same fields are
    shown as one, and those that do not fit are counted. Values appear in code only.
    """
    head = _head(document)
    changes = document.changes
    groups = sorted(group(changes, alike, 2), key=_weight)
    text = _with_groups(head, groups, longest) if len(groups) <= MOST_GROUPS else None
    if text is None:
        text = _shortened(head, sorted(group(changes, akin, 2), key=_weight), longest)
    return text


def _with_groups(head: str, groups: Sequence[Group], longest: int) -> str | None:
    """Return all groups in full, or None where they do not fit."""
    parts, used = [head], size(head)
    for one in groups:
        parts.append(_block(one))
        used += size(parts[-1]) + 2
        if used > longest:
            return None
    return "\n\n".join(parts) + "\n"


def _shortened(head: str, groups: Sequence[Group], longest: int) -> str:
    """Return as many groups as fit, the most severe first, and a count of the other changes."""
    parts, used, missing, misses = [head], size(head), 0, 0
    for one in groups:
        block = _block(one) if misses < TRIES else ""
        if block and used + size(block) + 2 <= longest - RESERVE:
            parts.append(block)
            used += size(block) + 2
        else:
            missing += len(one.changes)
            misses += 1
    if missing:
        parts.append(
            f"**{missing:,} more changes do not fit here.** To see them all, run `provisioner show` on the "
            "saved plan, or open the HTML page."
        )
    return "\n\n".join(parts) + "\n"


def _weight(one: Group) -> tuple[bool, bool, int]:
    """Return a sort key: irreversible changes first, then those that raise spending, then by action."""
    gives = any(change.gives_power for change in one.changes)
    place = len(ORDER) if one.first.bookkeeping else ORDER.index(one.first.action)
    return (not one.first.final, not gives, place)


def _head(document: ShownPlan) -> str:
    where = place(document.project, document.environment or None, document.mode, document.account)
    parts = [f"### Plan for {where}", f"**{plain(clip(summary_line(document), 500))}**"]
    if outside := [clip(line, LONGEST_OUTSIDE) for line in outside_lines(document)]:
        parts.append(_warning(OUTSIDE, outside))
    if document.changes:
        parts.append(_blast(document))
        parts += _alerts(document)
    if lines := [*_exposure(document)]:
        parts.append(_details("Monthly exposure by team", fence(lines, "text")))
    if notes := document.notes:
        texts = (f"{n.address}: {n.text}" if n.address else n.text for n in notes[:MOST_NOTES])
        more = [f"and {len(notes) - MOST_NOTES:,} more"] if len(notes) > MOST_NOTES else []
        body = fence([clip(t, 400) for t in [*texts, *more]], "text")
        parts.append(_details(count(len(notes), "note"), body, is_open=not document.changes))
    return "\n\n".join(parts)


def _warning(title: str, lines: Sequence[str]) -> str:
    """Return an alert with a title, as many of the lines as fit, and the number of the others."""
    used = accumulate(size(line) for line in lines[:NAMES])
    fitting = max(1, sum(so_far <= LONGEST_ALERT for so_far in used))
    more = [f"and {len(lines) - fitting:,} more"] if len(lines) > fitting else []
    body = ["[!WARNING]", f"**{title}**", *fence([*lines[:fitting], *more], "text").split("\n")]
    return "\n".join(f"> {line}" for line in body)


def _blast(document: ShownPlan) -> str:
    rows = ["| Blast radius | |", "|---|---|"]
    for name, answer in blast_radius(document).items():
        cell = answer if answer == "none" else f"**{plain(clip(answer, 300))}**"
        rows.append(f"| {name} | {cell} |")
    gives = sum(change.gives_power for change in document.changes)
    rows.append(f"| changes that raise spending | {f'**{gives:,}**' if gives else 'none'} |")
    return "\n".join(rows)


def _alerts(document: ShownPlan) -> Iterator[str]:
    """Yield the guardrails that block the plan, and its irreversible changes."""
    if stops := stop_lines(document):
        yield _warning(STOPPED, stops)
    if final := [code(change.address) for change in document.changes if change.final]:
        named = ", ".join(final[:NAMES])
        named += f" and {len(final) - NAMES:,} more" if len(final) > NAMES else ""
        yield f"> [!CAUTION]\n> {count(len(final), 'irreversible change')}: {named}"


def _exposure(document: ShownPlan) -> Iterator[str]:
    rows = document.outlook.exposure
    moved = [row for row in rows if row.before != row.after]
    several = len({row.currency for row in rows}) > 1
    named = [team_name(row) + (f" ({row.currency.upper()})" if several else "") for row in moved]
    width = min(40, max(map(len, named), default=0))
    for name, row in islice(zip(named, moved, strict=True), MOST_NOTES):
        before, after = (show_power(power, row.currency) for power in (row.before, row.after))
        yield f"{clip(name, 60).ljust(width)}  {before} -> {after}"


def _block(one: Group) -> str:
    change, number = one.first, len(one.changes)
    gives = sum(each.gives_power for each in one.changes)
    title = f"{tag(change.address if number == 1 else count(number, change.kind))} {headline(change)}"
    lines = [as_diff(line) for line in islice(group_lines(one, NAMES), 2, 400)]
    if change.money:
        title += f": {plain(clip(show_money(*change.money), 60))}"
    elif len(change.edits) == 1:
        title += f": {tag(clip(lines[0].removeprefix('! '), 120))}"
    if 0 < gives < number:
        title += f"; {gives:,} of them {'raises' if gives == 1 else 'raise'} spending"
    if not change.edits and change.action in (Action.RETIRE, Action.REPLACE):
        lines = [f"- {addresses(one.changes, NAMES)}"]  # in red, as what goes
    return _details(title, fence([f"# {change.reason}", *lines], "diff"))


def _details(title: str, body: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"
