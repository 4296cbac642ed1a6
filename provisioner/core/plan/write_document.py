"""Builds the document of a plan. Everything that readers need is decided here, once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from msgspec import UNSET
from msgspec.structs import replace

from provisioner.core.diff.change import Action, Change, Edit, content, goal, rest
from provisioner.core.model.json_document import MovedMoney, TraceDocument
from provisioner.core.model.resource import Place
from provisioner.core.ownership.seal import Seal
from provisioner.core.plan.consequences import companions, consequences, values
from provisioner.core.plan.digests import between, set_first
from provisioner.core.plan.document import (
    PLAN_FORMAT,
    AddedExposure,
    ChangeDocument,
    EditDocument,
    ImpactDocument,
    Mover,
    PlanDocument,
    Stop,
    SummaryDocument,
    as_json,
    edit_document,
)
from provisioner.core.plan.guardrails import unjudged
from provisioner.core.plan.outlook import Teams
from provisioner.core.plan.plan import Plan, is_final
from provisioner.core.schema.kind import Kind

Traces = Mapping[Place, TraceDocument]


def plan_document(kinds: Sequence[Kind], plan: Plan, stopped: Sequence[Stop] = ()) -> PlanDocument:
    """
    Return a plan as its document, without secrets and personal data, because edits are masked when they are
    made.

    `stopped` has the guardrails that would block it.
    """
    by_name = {kind.name: kind for kind in kinds}
    return PlanDocument(
        format_version=PLAN_FORMAT,
        project=plan.project,
        environment=plan.environment,
        mode=plan.mode,
        account=plan.account,
        fingerprint=plan.fingerprint,
        keyed_with=plan.seal.source,
        summary=SummaryDocument(**plan.summary),
        blast_radius=ImpactDocument(
            money=tuple(MovedMoney(currency, amount) for amount, currency in plan.blast.money),
            exposure_added=tuple(AddedExposure(*each) for each in plan.blast.exposure.items()),
            cards_activated=plan.blast.activated,
            final=plan.blast.final,
        ),
        changes=tuple(_changes(by_name, plan)),
        left_out=plan.left_out,
        stopped_by=tuple(stopped),
        notes=(*plan.notes, *unjudged(plan)),
        outlook=plan.outlook,
        backtest=plan.backtest or UNSET,
    )


def _changes(kinds: Mapping[str, Kind], plan: Plan) -> Iterator[ChangeDocument]:
    teams, along = Teams(plan.config, plan.surveyed), companions(plan.changes)
    pages = "https://dashboard.stripe.com/" + ("test/" if plan.mode == "test" else "")
    seal = plan.seal
    for change in plan.changes:
        kind = kinds[change.kind]
        yield replace(
            _change(kind, change, plan.traces, seal),
            values=tuple(values(kind, change)),
            consequences=consequences(kind, change, is_declared=change.address in plan.config.declared),
            along=tuple(along.get((change.address, change.action), ())),
            team=teams.of(kind, change),
            link=f"{pages}{kind.dashboard}/{change.id}" if change.id and kind.dashboard else "",
        )


def _change(kind: Kind, change: Change, traces: Traces, seal: Seal) -> ChangeDocument:
    fingerprint = seal(change.fingerprint)
    aim, first = goal(change), between(kind, change)
    is_top_up = change.action is Action.TOP_UP
    final = is_final(kind, change) if change.action in (Action.RETIRE, Action.REPLACE) else None
    return ChangeDocument(
        address=str(change.address),
        kind=change.kind,
        action=change.action,
        id=change.id,
        reason=change.reason,
        moved=cast("Mover", change.moved.value),
        trace=traces.get((change.address, ""), UNSET),
        edits=tuple(
            [_edit(each, fingerprint, traces.get((change.address, each.path))) for each in change.edits]
        ),
        fingerprint=fingerprint,
        revision=change.live.stamp.revision if change.live else None,
        rest=seal(rest(kind, change, set_first(kind, change))) if change.live else "",
        goal=seal(aim) if aim else "",
        between=seal(first) if first else "",
        bookkeeping=change.bookkeeping,
        amount=change.params["amount"] if is_top_up else None,
        currency=change.params["currency"] if is_top_up else None,
        newest=(change.follows or None) if is_top_up else UNSET,
        final=final,
        deleted=bool(final) and kind.retirement.deletes,
    )


def _edit(edit: Edit, fingerprint: str, trace: TraceDocument | None) -> EditDocument:
    """
    Return an edit with a digest of what it shows or, for a hidden value, of everything that the change hides.

    The event that changed the value is not included in the digest.
    """
    document = edit_document(edit, fingerprint)
    if not edit.sensitive:
        shown = as_json(document)
        del shown["digest"]
        document = replace(document, digest=content(shown)[: len(fingerprint)])
    return replace(document, trace=trace) if trace else document
