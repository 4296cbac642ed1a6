"""A fleet's report as text: one line an account, then what they add up to."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.money import show_money
from provisioner.views.values import count, inert, listed

Document = AccountLine | FleetTotals
IN_SYNC = "in sync"
PLANNED = ("create", "update", "replace", "retire", "adopt", "rename", "mark")
ENDINGS = {0: "done", 1: "failed", 2: "with changes", 3: "stopped by a guardrail", 4: "stale"}
ENDINGS |= {5: "applied in part", 7: "refused access", 130: "interrupted"}


def outcome_line(document: AccountLine) -> str:
    """`acct_1  north  3 to create; top up $20.00`, or why the account failed."""
    name = "" if document.name == document.account else f"  {inert(document.name)}"
    problems = "; ".join(inert(text) for text in document.problems)
    said = "; ".join(filter(None, (outcome_words(document), *stop_words(document))))
    if document.failed:
        said = f"FAILED ({document.code}): {'; '.join(filter(None, (said, problems)))}"
    return f"{document.account}{name}  {said}"


def stop_words(document: AccountLine) -> list[str]:
    """Why an account's own guardrails would let an apply write nothing."""
    return [f"guardrails stop it: {inert(text)}" for text in document.stopped_by]


def outcome_words(document: AccountLine) -> str:
    """What became of one account; empty where only its problems say so."""
    words = _WORDS[document.phase](document)
    return "" if document.failed and document.phase != "apply" else words


def _plan(document: Document) -> str:
    counts = [f"{document.counts[name]} to {name}" for name in PLANNED if document.counts.get(name)]
    money, pending = money_text(document), document.counts.get("pending")
    words = "; ".join(filter(None, (", ".join(counts), f"top up {money}" if money else ""))) or IN_SYNC
    return f"{words}; {pending:,} pending for people" if pending else words


def _apply(document: Document) -> str:
    counts = document.counts
    done = [f"{count(counts['done'], 'step')} done"] if counts.get("done") else []
    missed = {"failed": "failed", "skipped": "not done"}
    parts = [*done, *(f"{counts[name]} {word}" for name, word in missed.items() if counts.get(name))]
    money = money_text(document)
    return ", ".join([*parts, *([f"topped up {money}"] if money else [])]) or (
        "" if counts == {} else IN_SYNC
    )


def _drift(document: Document) -> str:
    counts = document.counts
    held = f", {counts['warnings']} held back by Stripe" if counts.get("warnings") else ""
    if not counts.get("drift"):
        return (f"no drift, {counts['pending']} pending" if counts.get("pending") else "no drift") + held
    gives = f" ({counts['broadening']} of them give spending power)" if counts.get("broadening") else ""
    return f"{counts['drift']} moved in Stripe{gives}, {counts.get('pending', 0)} pending{held}"


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
    """Amounts as people read them; empty without any."""
    return listed([show_money(each.amount, each.currency) for each in document.money])


def totals_text(document: FleetTotals) -> str:
    """The end of a report: totals, why it stopped early, and the ten worst."""
    lines = [totals_line(document), f"  {sum_line(document)}"]
    stops = "Guardrails of the fleet stop this: apply writes nothing (exit code 3)"
    lines += [f"  {stops}: {inert(text)}" for text in document.stopped_by]
    if stopped := document.stopped:
        are, its = ("is", "its") if stopped == 1 else ("are", "their")
        own = f"{count(stopped, 'account')} {are} stopped by guardrails of {its} own"
        lines.append(f"  {own}: apply writes nothing there (exit code 3).")
    if document.halted:
        lines.append(f"  Stopped: {document.halted}; what was under way was finished.")
    if left := document.not_begun:
        lines.append(f"  {left} were not begun; running the same command again does what is left.")
    if document.failed:
        lines.append("  Worst:")
        lines += [f"    {outcome_line(each)}" for each in document.worst if each.failed]
    return "\n".join(lines) + "\n"


def totals_line(document: FleetTotals) -> str:
    """`Fleet acme, plan: 200 accounts, 190 done, 10 with changes (12.1 s, 16.5 accounts/s, 900 requests).`"""
    ends = [f"{count:,} {ENDINGS[int(code)]}" for code, count in document.codes.items()]
    phase = document.phase.partition(" ")[0]
    rate = f", {document.ended / document.seconds:.1f} accounts/s" if document.seconds else ""
    cost = f"({document.seconds:.1f} s{rate}, {document.requests:,} requests)"
    ended = ", ".join([count(document.accounts, "account"), *ends])
    return f"Fleet {inert(document.fleet)}, {phase}: {ended} {cost}."


def sum_line(document: FleetTotals) -> str:
    """`Over the fleet: 24 steps done, topped up $3,000.00.`; nothing of it is anybody else's text."""
    phase = document.phase.partition(" ")[0]
    words = _drift(document) if phase == "status" else _WORDS[phase](document)
    known = " as far as is known" if document.failed or document.not_begun else ""
    return f"Over the fleet{known}: {words}."
