"""The plan as one JSON document: what `--format json` prints, `--out` saves, and every other view shows."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.change import Action, Change, Edit
from provisioner.core.plan import Plan

FORMAT_VERSION = "1.0"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Write a plan as JSON values: no secret and nothing personal, as edits are masked when they are made."""
    summary = plan.summary
    return {
        "format_version": FORMAT_VERSION,
        "project": plan.project,
        "mode": plan.mode,
        "account": plan.account,
        "fingerprint": plan.fingerprint,
        "summary": summary,
        "blast_radius": {
            "money": [{"currency": currency, "amount": amount} for amount, currency in plan.blast.money],
            "exposure_added": [
                {"currency": currency, "amount": amount} for currency, amount in plan.blast.exposure.items()
            ],
            "cards_activated": plan.blast.activated,
            "final": plan.blast.final,
        },
        "changes": [_change(change) for change in plan.changes],
        "notes": [{"address": note.address, "text": note.text} for note in plan.notes],
    }


def saved_document(plan: Plan, source: Mapping[str, Any]) -> dict[str, Any]:
    """The document that `--out` saves: also where the configuration is, which apply reads again."""
    return {**plan_document(plan), "source": dict(source)}


def _change(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {
        "address": str(change.address),
        "kind": change.kind,
        "action": str(change.action),
        "id": change.id,
        "reason": change.reason,
        "edits": [_edit(edit) for edit in change.edits],
        "fingerprint": change.fingerprint,
    }
    if change.action is Action.TOP_UP:
        document |= {"amount": change.params["amount"], "currency": change.params["currency"]}
    if change.action is Action.RETIRE:
        document["final"] = bool(change.params.get("cancel"))
    return document


def _edit(edit: Edit) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": edit.path,
        "before": edit.before,
        "after": edit.after,
        "direction": str(edit.direction.value),
        "sensitive": edit.sensitive,
        "digest": edit.digest,
    }
    if edit.forces_replacement:
        document["forces_replacement"] = True
    if edit.currency:
        document["currency"] = edit.currency
    return document


def is_empty(document: Mapping[str, Any]) -> bool:
    """Whether a plan's document has nothing to do."""
    return not document["changes"]
