"""Formats the report of a fleet as text: one line per account, then the totals."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.views.values import CHANGED, RECORDED, inert, listed
from provisioner.views.wrap import shared_column

Document = AccountLine | FleetTotals
IN_SYNC = "in sync"
FEW = 20  # accounts
PLANNED = {name: name for name in ("create", "update", "replace", "retire")}
PLANNED |= {"adopt": "import", "rename": "rename", "mark": "update ownership metadata of"}
ENDINGS = {0: "succeeded", 1: "failed", 2: "with changes", 3: "blocked by guardrails", 4: "stale"}
ENDINGS |= {5: "partially applied", 7: "denied access", 130: "interrupted"}


def outcome_line(document: AccountLine, accounts: int = 0, names: int = 0) -> str:
    """
    Format the outcome of an account: `acct_1 north 3 to create; top up $20.00`, or why it failed.

    Ids are padded to `accounts` columns and names to `names` columns, so that the lines of a fleet form a
    table.
    """
    name = "" if document.name == document.account else inert(document.name)
    problems = "; ".join(inert(text) for text in document.problems)
    said = "; ".join(filter(None, (outcome_words(document), *stop_words(document))))
    if document.failed:
        said = f"FAILED ({document.code}): {'; '.join(filter(None, (said, problems)))}"
    cells = [document.account.ljust(accounts), *([name.ljust(names)] if name or names else []), said]
    return "  ".join(cells)


def stop_words(document: AccountLine) -> list[str]:
    """Return which of an account's own guardrails block an apply."""
    return [f"blocked by guardrails: {inert(text)}" for text in document.stopped_by]


def outcome_words(document: AccountLine) -> str:
    """Return what happened to one account; empty if only its problems are shown."""
    words = _WORDS[document.phase](document)
    return "" if document.failed and document.phase != "apply" else words


def _plan(document: Document) -> str:
    numbers = document.counts
    counts = [f"{numbers[name]} to {verb}" for name, verb in PLANNED.items() if numbers.get(name)]
    money, pending = money_text(document), numbers.get("pending")
    words = "; ".join(filter(None, (", ".join(counts), f"top up {money}" if money else ""))) or IN_SYNC
    return f"{words}; {count(pending, 'manual action')} required" if pending else words


def _apply(document: Document) -> str:
    counts, verbs = document.counts, CHANGED | RECORDED
    done = ", ".join(f"{counts[name]} {verb}" for name, verb in verbs.items() if counts.get(name))
    missed = ", ".join(f"{counts[name]} {name}" for name in ("failed", "skipped") if counts.get(name))
    money = money_text(document)
    words = "; ".join(filter(None, (done, f"topped up {money}" if money else "", missed)))
    return words or ("" if counts == {} else IN_SYNC)


def _drift(document: Document) -> str:
    counts = document.counts
    blocked = f", {counts['warnings']} blocked by Stripe" if counts.get("warnings") else ""
    waiting = f", {counts['pending']} not applied yet" if counts.get("pending") else ""
    if not counts.get("drift"):
        return f"no drift{waiting}{blocked}"
    raises = f" ({counts['broadening']} raise spending)" if counts.get("broadening") else ""
    return f"{counts['drift']} changed outside of provisioner{raises}{waiting}{blocked}"


def _status(document: AccountLine) -> str:
    facts = document.facts
    available = [show_money(each["amount"], each["currency"]) for each in facts.get("available", ())]
    cards, active, holders = (facts.get(name, 0) for name in ("cards", "active", "cardholders"))
    has = f"{count(cards, 'card')} ({active} active), {count(holders, 'cardholder')}"
    return "; ".join(
        filter(None, (has, f"available {', '.join(available)}" if available else "", _drift(document)))
    )


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "check": lambda _document: "valid",
    "plan": _plan,
    "apply": _apply,
    "drift": _drift,
    "status": _status,
}


def money_text(document: Document) -> str:
    """Format the amounts of a report; empty if there are none."""
    return listed([show_money(each.amount, each.currency) for each in document.money])


def totals_text(document: FleetTotals) -> str:
    """Format the end of a report: the totals, why it stopped early, and the ten worst accounts."""
    lines = [totals_line(document), f"  {sum_line(document)}"]
    blocked = "Blocked by guardrails of the fleet: apply will make no changes"
    lines += [f"  {blocked}: {inert(text)}" for text in document.stopped_by]
    if stopped := document.stopped:
        own = f"{count(stopped, 'account')} blocked by {'its' if stopped == 1 else 'their'} own guardrails"
        lines.append(f"  {own}: apply will make no changes there.")
    if document.halted:
        lines.append(f"  Stopped early: {document.halted}; accounts in progress were finished.")
    if left := document.not_begun:
        lines.append(f"  {count(left, 'account')} not started; rerun the same command to do the rest.")
    worst = [each for each in document.worst if each.failed]
    if worst and document.accounts > FEW:  # otherwise, their own lines are still visible
        ids, names = columns((each.account, each.name) for each in worst)
        lines.append("  Worst:")
        lines += [f"    {outcome_line(each, ids, names)}" for each in worst]
    return "\n".join(lines) + "\n"


def columns(accounts: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Return the widths of the columns for ids and names; a name that equals the id is not shown."""
    known = [*accounts]
    return (
        shared_column((account for account, _ in known), None),
        shared_column((inert(name) for account, name in known if name != account), None),
    )


def totals_line(document: FleetTotals) -> str:
    """Format the totals: `Fleet acme, plan: 200 accounts, 190 succeeded, 10 with changes (12.1 s, ...).`"""
    ends = [f"{number:,} {ENDINGS[int(code)]}" for code, number in document.codes.items()]
    phase = document.phase.partition(" ")[0]
    rate = f", {document.ended / document.seconds:.1f} accounts/s" if document.seconds else ""
    cost = f"({document.seconds:.1f} s{rate}, {document.requests:,} requests)"
    ended = ", ".join([count(document.accounts, "account"), *ends])
    return f"Fleet {inert(document.fleet)}, {phase}: {ended} {cost}."


def sum_line(document: FleetTotals) -> str:
    """Return the line of sums, which contains no text from Stripe or a configuration."""
    if document.ended and document.ended == document.failed:
        return "No account succeeded."
    phase = document.phase.partition(" ")[0]
    words = _drift(document) if phase == "status" else _WORDS[phase](document)
    known = " of the accounts that finished" if document.failed or document.not_begun else ""
    return f"Total{known}: {words}."
