"""Finds changes made outside of provisioner since the last apply."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from provisioner.app.account import Account
from provisioner.app.cache import Cache, compare
from provisioner.core.diff.drift import Drift, find_drift
from provisioner.core.diff.find import Comparison
from provisioner.core.schema.kind import owned
from provisioner.engine.read.attribution import Explanation, explain


class DriftReport(Struct, frozen=True):
    """The changes made outside of provisioner."""

    drifts: Sequence[Drift]
    """The differences from the last apply, one for each field."""
    others: Mapping[str, Sequence[str]]
    """The ids of objects that are not managed here, by kind."""
    account: str
    """The account that was read; empty if the key may not read it."""


def find_account_drift(account: Account, cache: Cache | None = None) -> DriftReport:
    """
    Read the account and find its drift.

    With a cache file, only what may have changed is read. Raises as `Account.compare` does.
    """
    return drift_of(account, compare(account, cache, sealed=False))


def drift_of(account: Account, seen: Comparison) -> DriftReport:
    """Find the drift in a comparison."""
    snapshot, found, project = seen.snapshot, seen.differences, account.config.project
    drifts = find_drift(account.kinds, account.config, seen.inventory, found.changes, found.notes)
    sections = {address.section for address in account.config.declared}
    others = {
        kind.name: [each.id for each in snapshot.objects.get(kind.resource, ()) if each.project != project]
        for kind in owned(account.kinds)
        if not kind.is_optional or kind.section in sections  # Stripe gives every account a design.
    }
    return DriftReport(drifts, others, str(snapshot.account.get("id", "")))


def explain_drift(account: Account, report: DriftReport) -> Explanation:
    """
    Add to each changed value the time and request of the change, from Stripe's events; raises as `explain`
    does.
    """
    changed = {drift.place: drift.id for drift in report.drifts if drift.counts and drift.id}
    return explain(account.reader, account.kinds, changed)
