"""
Formats a plan as Markdown for one comment on a pull request.

The most severe changes come first. A plan that is too long for a comment is shortened, and says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter

from provisioner.core.diff.change import Action
from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.core.plan.document import ShownPlan
from provisioner.core.plan.outlook_document import TeamExposure
from provisioner.views.backtest.markdown import section as backtest_section
from provisioner.views.plan.groups import Group, akin, group
from provisioner.views.plan.rows import HOLDER
from provisioner.views.plan.text import (
    COUNTED,
    OUTSIDE,
    STOPPED,
    SYMBOLS,
    blast_radius,
    body_lines,
    headline,
    outside_lines,
    stop_lines,
    summary_line,
)
from provisioner.views.plan.values import show_power, team_name
from provisioner.views.safe_markdown import cell, clip, code, fence, fitting, items, place, plain, size, tag

LONGEST = 60_000  # GitHub accepts at most 65,536 characters; the rest is for the lines that the caller adds
NAMES = 30
# the most values of one path in a block, if all blocks fit and if they do not
MANY_VALUES, FEW_VALUES = 200, 20
MOST_NOTES = 40
FEW_NOTES = 5  # the most notes that are not collapsed in a plan with changes: they name likely mistakes
MOST_TEAMS = 40
LONGEST_OUTSIDE = 400  # characters of each value that was changed outside of provisioner
PARTS = 6  # neither an alert, nor the notes, nor the table of teams takes more than this part of a comment
RESERVE = 1_500
TRIES = 50
ORDER = (Action.RETIRE, Action.REPLACE, Action.TOP_UP, Action.UPDATE, Action.CREATE, Action.ADOPT)


def plan_markdown(document: ShownPlan, longest: int = LONGEST) -> str:
    """
    Format a plan's document as Markdown of at most `longest` bytes.

    Changes of the same kind to the same fields form one block, in which differing values are listed with
    their addresses. Blocks that do not fit are only counted, beginning with the least severe. Values appear
    only in code.
    """
    parts = [_head(document, longest // PARTS)]
    used, missing, misses = size(parts[0]), 0, 0
    for one in sorted(group(document.changes, akin, 2), key=_weight):
        sizes = (MANY_VALUES, FEW_VALUES) if misses < TRIES else ()
        blocks = (_block(one, most) for most in sizes)
        block = next((each for each in blocks if used + size(each) + 2 <= longest - RESERVE), "")
        if block:
            parts.append(block)
            used += size(block) + 2
        else:
            missing += len(one.changes)
            misses += 1
    if missing:
        parts.append(
            f"**{missing:,} more changes do not fit here.** To see them all, run `provisioner show --full` "
            "on the saved plan, or open the HTML page."
        )
    return "\n\n".join(parts) + "\n"


def _weight(one: Group) -> tuple[bool, bool, int]:
    """Return a sort key: irreversible changes first, then those that raise spending, then by action."""
    gives = any(change.gives_power for change in one.changes)
    place = len(ORDER) if one.first.bookkeeping else ORDER.index(one.first.action)
    return (not one.first.final, not gives, place)


def _head(document: ShownPlan, room: int) -> str:
    """Return everything above the changes, in which no list takes more than `room` bytes."""
    where = place(document.project, document.environment or None, document.mode, document.account)
    parts = [f"### Plan for {where}", f"**{plain(clip(summary_line(document), 500))}**"]
    if outside := [clip(line, LONGEST_OUTSIDE) for line in outside_lines(document)]:
        parts.append(_warning(OUTSIDE, outside, room))
    if document.changes:
        rows = ["| Blast radius | |", "|---|---|"]
        for name, answer in blast_radius(document).items():
            cell = answer if answer == "none" else f"**{plain(clip(answer, 300))}**"
            rows.append(f"| {name} | {cell} |")
        gives = sum(change.gives_power for change in document.changes)
        rows.append(f"| changes that raise spending | {f'**{gives:,}**' if gives else 'none'} |")
        parts.append("\n".join(rows))
        if stops := stop_lines(document):
            parts.append(_warning(STOPPED, stops, room))
        if final := [code(change.address) for change in document.changes if change.final]:
            few = fitting(final[:NAMES], room // 2)
            named = ", ".join(few) + (f" and {len(final) - len(few):,} more" if len(final) > len(few) else "")
            parts.append(f"> [!CAUTION]\n> {count(len(final), 'irreversible change')}: {named}")
        parts += _teams(document, room)
    if document.backtest:
        parts += backtest_section(document.backtest, room)
    if notes := document.notes:
        texts = (f"{n.address}: {n.text}" if n.address else n.text for n in notes[:MOST_NOTES])
        body = items(fitting([clip(text, 400) for text in texts], room), len(notes))
        is_open = not document.changes or len(notes) <= FEW_NOTES
        parts.append(_details(count(len(notes), "note"), body, is_open=is_open))
    return "\n\n".join(parts)


def _warning(title: str, lines: Sequence[str], room: int) -> str:
    """Return an alert with a title, as many of the lines as fit, and the number of the others."""
    few = fitting(lines[:NAMES], room)
    body = ["[!WARNING]", f"**{title}**", "", *items(few, len(lines)).split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in body)


def _teams(document: ShownPlan, room: int) -> Iterator[str]:
    """Yield a table of the plan's effects on each team, with the team's exposure before and after."""
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for change in document.changes:
        counts[change.team][change.counted_as, change.kind] += 1
    exposure: dict[str, list[TeamExposure]] = defaultdict(list)
    for row in document.outlook.exposure:
        if row.team in counts or row.before != row.after:
            exposure[row.team or team_name(row)].append(row)
    actions = [name for name in SYMBOLS if any(name in {a for a, _ in each} for each in counts.values())]
    heads = [f"`{SYMBOLS[name]}` {COUNTED.get(name, 'top up')}" for name in actions]
    teams = list(dict.fromkeys([*exposure, *sorted(counts)]))
    head = ["| " + " | ".join(["Team", *heads, "Monthly exposure now", "After this plan"]) + " |"]
    head.append("|---" * (len(actions) + 3) + "|")
    lines = []
    for team in teams[:MOST_TEAMS]:
        of_team = sorted(counts[team].items()) if team in counts else []
        cells = [
            ", ".join(
                plain(clip(count(number, kind), 60)) for (name, kind), number in of_team if name == action
            )
            for action in actions
        ]
        for side in (attrgetter("before"), attrgetter("after")):
            shown = ", ".join(show_power(side(row), row.currency) for row in exposure.get(team, ()))
            cells.append(plain(clip(shown, 200)))
        name = cell(team) if team else "no team"
        lines.append("| " + " | ".join([name, *cells]) + " |")
    few = fitting(lines, room)
    yield "\n".join([*head, *few])
    if len(teams) > len(few):
        yield f"and {count(len(teams) - len(few), 'more team')}"


def _block(one: Group, most: int) -> str:
    change, number = one.first, len(one.changes)
    gives = sum(each.gives_power for each in one.changes)
    what = tag(change.address if number == 1 else count(number, change.kind))
    title = f"{tag(SYMBOLS[change.counted_as])} {what} {headline(change)}"
    told = [row for row in one.common if row.path == HOLDER or (row.sign and len(change.edits) == 1)]
    if change.money:
        title += f": {plain(clip(show_money(*change.money), 60))}"
    elif told:
        title += f": {tag(clip(f'{told[0].path} = {told[0].value}', 120))}"
    elif change.action is Action.REPLACE:
        title += f": {tag(clip(change.reason, 120))}"
    if 0 < gives < number:
        title += f"; {gives:,} of them {'raises' if gives == 1 else 'raise'} spending"
    lines = body_lines(one, NAMES, most=most)
    return _details(title, fence([f"# {change.reason}", *lines], "diff"))


def _details(title: str, body: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"
