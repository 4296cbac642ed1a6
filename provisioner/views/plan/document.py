"""The plan as one JSON document: what `--format json` prints, `--out` saves, and every other view shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.approval.resume import between, goal, rest, set_first
from provisioner.core.diff.change import Action, Change, Edit, Note, content, shown
from provisioner.core.ownership.seal import Seal
from provisioner.core.plan.guardrails import Stop
from provisioner.core.plan.outlook import Outlook, Power
from provisioner.core.plan.plan import Plan
from provisioner.kinds import KINDS
from provisioner.views.version import PLAN_FORMAT

KIND_OF = {kind.name: kind for kind in KINDS}
CANCELED = frozenset(
    kind.name for kind in KINDS if kind.retirement.cancel
)  # kinds whose objects can end for good


def plan_document(plan: Plan, stopped: Sequence[Stop] = ()) -> dict[str, Any]:
    """
    Write a plan as JSON values: no secret and nothing personal, as edits are masked when they are made.

    `stopped` are the guardrails that would stop it.
    """
    summary = plan.summary
    return {
        "format_version": PLAN_FORMAT,
        "project": plan.project,
        "environment": plan.environment,
        "mode": plan.mode,
        "account": plan.account,
        "fingerprint": plan.fingerprint,
        "keyed_with": plan.seal.source,
        "summary": summary,
        "blast_radius": {
            "money": [{"currency": currency, "amount": amount} for amount, currency in plan.blast.money],
            "exposure_added": [
                {"currency": currency, "amount": amount} for currency, amount in plan.blast.exposure.items()
            ],
            "cards_activated": plan.blast.activated,
            "final": plan.blast.final,
        },
        "changes": [_change(change, plan.seal) for change in plan.changes],
        "left_out": plan.left_out,
        "stopped_by": [_stop(stop) for stop in stopped],
        "notes": [_note(note) for note in plan.notes],
        "outlook": _outlook(plan.outlook, plan.seal),
    }


def _stop(stop: Stop) -> dict[str, Any]:
    number = {} if stop.number is None else {"number": stop.number}
    return {"guardrail": stop.guardrail, "text": stop.text, **number}


def _note(note: Note) -> dict[str, Any]:
    return {"address": note.address, "text": note.text} | ({"pending": True} if note.pending else {})


def _change(change: Change, seal: Seal) -> dict[str, Any]:
    kind, fingerprint = KIND_OF[change.kind], seal(change.fingerprint)
    document: dict[str, Any] = {
        "address": str(change.address),
        "kind": change.kind,
        "action": str(change.action),
        "id": change.id,
        "reason": change.reason,
        "edits": [_edit(edit, change, fingerprint) for edit in change.edits],
        "fingerprint": fingerprint,
    }
    if change.live:
        document["revision"] = change.live.stamp.revision
        document["rest"] = seal(rest(change, set_first(kind, change)))
    if aim := goal(change):
        document["goal"] = seal(aim)
    if first := between(kind, change):
        document["between"] = seal(first)
    if change.bookkeeping:
        document["bookkeeping"] = change.bookkeeping
    if change.action is Action.TOP_UP:
        document |= {"amount": change.params["amount"], "currency": change.params["currency"]}
        document |= {"newest": change.follows or None}
    if change.action is Action.RETIRE:
        document["final"] = bool(change.params.get("cancel"))
    if change.action is Action.REPLACE:
        document["final"] = change.kind in CANCELED
    return document


def _outlook(seen: Outlook, seal: Seal) -> dict[str, Any]:
    return {
        "balances": [
            {
                "currency": balance.currency,
                "available": balance.available,
                "pending": balance.pending,
                "target": balance.target,
                "top_up_below": balance.top_up_below,
                "declared": seal(balance.declared),
            }
            for balance in seen.balances
        ],
        "exposure": [
            {
                "team": each.team or None,
                "currency": each.currency,
                "others": each.others,
                "before": _power(each.before),
                "after": _power(each.after),
            }
            for each in seen.exposure
        ],
    }


def _power(power: Power) -> dict[str, int]:
    return {"amount": power.amount, "unlimited": power.unlimited, "cards": power.cards}


def _edit(edit: Edit, change: Change, fingerprint: str) -> dict[str, Any]:
    """An edit; its digest is of what is shown, or for a hidden value that of all that the change hides."""
    document = shown(edit, change.declared)
    digest = fingerprint if edit.sensitive else content(document)[: len(fingerprint)]
    return {**document, "digest": digest}


def is_empty(document: Mapping[str, Any], ignore: str | None = None) -> bool:
    """Whether a plan's document has nothing to do; with `ignore` of `bookkeeping`, nothing but our marks."""
    return all(ignore == "bookkeeping" and change.get("bookkeeping") for change in document["changes"])
