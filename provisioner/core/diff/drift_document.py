"""The document of drift: the JSON of `drift --format json`, which every other view reads, too."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift
from provisioner.core.model.config import Config
from provisioner.core.model.json_document import FORMAT_VERSION, Count, Format, TraceDocument
from provisioner.core.model.resource import Place
from provisioner.core.schema.field import Direction


class DriftedValue(Struct, frozen=True, kw_only=True):
    """A value in Stripe that differs from the configuration."""

    address: str
    """Its section and name in the YAML: cards.ads."""
    id: str | None
    """The id of the object in Stripe; null if there is none."""
    path: str
    """The dotted path of the value; empty for the whole object, which `text` describes."""
    moved: Moved
    """
    live: changed outside of provisioner. yaml: not applied yet, which is not drift. both: changed on both
    sides.
    """
    before: Any
    """The value last applied; null if it is absent or not known (both). Sensitive values are masked."""
    after: Any
    """The value in Stripe; null if absent. Sensitive values are masked."""
    declared: Any
    """The value in the configuration; null if absent. Sensitive values are masked."""
    direction: Direction
    """The effect on spending: tightening, neutral, or broadening."""
    currency: str
    """The currency of the amounts; empty if there are none."""
    text: str
    """The change of the object as a whole; empty if `path` names a value."""
    currency_live: str | UnsetType = UNSET
    """The currency of the amounts in Stripe if it differs; empty if Stripe does not report it."""
    row: dict[str, Any] | UnsetType = UNSET
    """The values that identify a row of a table: its interval and categories."""
    trace: TraceDocument | UnsetType = UNSET
    """With --explain: the event of the last 30 days that made the change, if there is one."""
    grant: str | UnsetType = UNSET
    """The ended grants that set the value in Stripe, with their ends, if any."""

    @property
    def waits(self) -> bool:
        """Return true if the next apply makes this change."""
        return self.moved is Moved.YAML


class Remark(Struct, frozen=True):
    """An observation that is not drift."""

    address: str
    """Section and name in the YAML."""
    id: str | None
    """The id of the object in Stripe."""
    text: str
    """Stripe's requirement, or how the object ended and how to create another."""


class DriftSummary(Struct, frozen=True, kw_only=True):
    """Counts."""

    drift: Count
    """Values changed outside of provisioner; if there are any, the exit code is 2."""
    pending: Count
    """Changes that are not applied yet."""
    warnings: Count
    """Cards and cardholders that Stripe blocks; not drift."""
    ended: Count
    """Objects that ended as configured; not drift."""
    unmanaged: dict[str, Count]
    """The number of objects that do not belong to this project, by kind."""


class DriftDocument(Struct, frozen=True, kw_only=True):
    """The differences since the last apply, and other observations."""

    format_version: Format
    """The version of this format."""
    project: str
    """The name of the project."""
    environment: str | None
    """The environment (`--env`); null if there is none."""
    mode: Annotated[str, Meta(extra_json_schema={"enum": ["test", "live"]})]
    """The mode: test or live."""
    account: str
    """The Stripe account; empty if it is not known."""
    summary: DriftSummary
    """Counts."""
    drift: tuple[DriftedValue, ...]
    """The differences, in the order of their addresses."""
    warnings: tuple[Remark, ...]
    """Objects that Stripe blocks until somebody acts, for example because a cardholder lacks information."""
    ended: tuple[Remark, ...]
    """Objects that ended as configured, such as a card for one payment; they are not created again."""
    unmanaged: dict[str, tuple[str, ...]]
    """With --unmanaged: by kind, the ids of objects that are not this project's."""


def drift_document(
    config: Config,
    account: str,
    drifts: Sequence[Drift],
    traces: Mapping[Place, TraceDocument],
    unmanaged: Mapping[str, Sequence[str]],
    *,
    listed: bool,
) -> DriftDocument:
    """
    Return the document of an account's drift; `unmanaged` maps kinds to the ids of objects that are not
    managed.
    """
    values = tuple(_value(each, traces.get(each.place)) for each in drifts if each.counts or each.waits)
    warnings, ended = (
        tuple(Remark(str(each.address), each.id or None, each.text) for each in drifts if each.moved is moved)
        for moved in (Moved.STRIPE, Moved.ENDED)
    )
    return DriftDocument(
        format_version=FORMAT_VERSION,
        project=config.project,
        environment=config.environment,
        mode=config.mode,
        account=account,
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
        # if both sides changed, only the digest of the applied value is known
        before={Moved.LIVE: drift.declared, Moved.YAML: drift.live}.get(drift.moved),
        after=drift.live,
        declared=drift.declared,
        direction=drift.direction,
        currency=drift.currency,
        text=drift.text,
        currency_live=UNSET if drift.currency_live is None else drift.currency_live,
        row=dict(drift.row) if drift.row else UNSET,
        trace=trace or UNSET,
        grant=drift.grant or UNSET,
    )
