"""The document of drift: the JSON that `drift --format json` prints, and that every view shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift
from provisioner.core.model.json_document import FORMAT_VERSION, Count, Format
from provisioner.core.model.resource import Address
from provisioner.core.schema.field import Direction

Place = tuple[Address, str]


class TraceDocument(Struct, frozen=True):
    """The Stripe event that changed a value."""

    at: str
    """The time of the event: ISO 8601, in UTC."""
    event: str
    """The id of the event."""
    request: str | None
    """The id of the request; null if Stripe itself or the Dashboard made the change."""


class DriftedValue(Struct, frozen=True, kw_only=True):
    """One value that is not as declared."""

    address: str
    """Section and name in the YAML: cards.ads."""
    id: str | None
    """The live object; null where there is none."""
    path: str
    """The value that moved, with dots; empty where the whole object is meant, which `text` tells of."""
    moved: Moved
    """
    live: moved in Stripe. yaml: waits for the next apply, and is no drift. both: each moved to another value.
    """
    before: Any
    """The value last applied; null if it is absent or not known (both). Sensitive values are masked."""
    after: Any
    """The value in Stripe; null if absent. Sensitive values are masked."""
    declared: Any
    """The value in the configuration; null if absent. Sensitive values are masked."""
    direction: Direction
    """Whether the change lowered spending, left it alone, or raised it."""
    currency: str
    """Of the amounts in the values; empty where there are none."""
    text: str
    """The change of the object as a whole; empty if `path` names a value."""
    currency_live: str | UnsetType = UNSET
    """Of the amounts that are live where it is another; empty: Stripe does not tell it."""
    row: dict[str, Any] | UnsetType = UNSET
    """What tells the row of a table from others: its interval and categories."""
    trace: TraceDocument | UnsetType = UNSET
    """With --explain: who moved it, where an event of the last 30 days tells."""

    @property
    def waits(self) -> bool:
        """Whether it merely waits for the next apply."""
        return self.moved is Moved.YAML


class Remark(Struct, frozen=True):
    """What is no drift, and is told all the same."""

    address: str
    """Section and name in the YAML."""
    id: str | None
    """The live object, or the one that has ended."""
    text: str
    """What Stripe wants, or how it has ended and how to have another."""


class DriftSummary(Struct, frozen=True, kw_only=True):
    """How many there are of each."""

    drift: Count
    """Values that moved in Stripe; above 0 the exit code is 2."""
    pending: Count
    """What only waits for the next apply."""
    warnings: Count
    """What is no drift, and keeps cards from working."""
    ended: Count
    """What has ended as it was declared to; no drift."""
    unmanaged: dict[str, Count]
    """By kind: how many objects are not this project's."""


class DriftDocument(Struct, frozen=True, kw_only=True):
    """What moved since the last apply, and what else somebody has to know."""

    format_version: Format
    """The version of this format."""
    project: str
    """The namespace of ownership."""
    summary: DriftSummary
    """How many of each."""
    drift: tuple[DriftedValue, ...]
    """What is not as declared, in the order of addresses."""
    warnings: tuple[Remark, ...]
    """What Stripe holds back until somebody has settled it, such as missing facts about a cardholder."""
    ended: tuple[Remark, ...]
    """What has ended as it was declared to, such as a card for one payment; not made anew."""
    unmanaged: dict[str, tuple[str, ...]]
    """With --unmanaged: by kind, the ids of objects that are not this project's."""


def drift_document(
    project: str,
    drifts: Sequence[Drift],
    traces: Mapping[Place, TraceDocument],
    unmanaged: Mapping[str, Sequence[str]],
    *,
    listed: bool,
) -> DriftDocument:
    """Write drift; `unmanaged` maps kinds to the ids of objects that are not the project's."""
    values = tuple(_value(each, traces.get(each.place)) for each in drifts if each.counts or each.waits)
    warnings, ended = (
        tuple(Remark(str(each.address), each.id or None, each.text) for each in drifts if each.moved is moved)
        for moved in (Moved.STRIPE, Moved.ENDED)
    )
    return DriftDocument(
        format_version=FORMAT_VERSION,
        project=project,
        summary=DriftSummary(
            drift=sum(not value.waits for value in values),
            pending=sum(value.waits for value in values),
            warnings=len(warnings),
            ended=len(ended),
            unmanaged={kind: len(ids) for kind, ids in unmanaged.items()},
        ),
        drift=values,
        warnings=warnings,
        ended=ended,
        unmanaged={kind: tuple(ids) for kind, ids in unmanaged.items()} if listed else {},
    )


def _value(drift: Drift, trace: TraceDocument | None) -> DriftedValue:
    return DriftedValue(
        address=str(drift.address),
        id=drift.id or None,
        path=drift.path,
        moved=drift.moved,
        # where both sides have moved, only the digest of what was applied is known
        before={Moved.LIVE: drift.declared, Moved.YAML: drift.live}.get(drift.moved),
        after=drift.live,
        declared=drift.declared,
        direction=drift.direction,
        currency=drift.currency,
        text=drift.text,
        currency_live=UNSET if drift.currency_live is None else drift.currency_live,
        row=dict(drift.row) if drift.row else UNSET,
        trace=trace or UNSET,
    )
