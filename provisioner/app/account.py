"""
A Stripe account together with a configuration: reads the account, and compares it with the
configuration.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.find import Comparison, Differences, compare_with
from provisioner.core.diff.grants import with_grants
from provisioner.core.diff.hidden import hidden_texts
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory, take_inventory
from provisioner.core.plan.plan import Plan, assemble, conclude
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.read.observe import Progress, observe, silent
from provisioner.kinds import KINDS
from provisioner.stripe_api.answers import Answers
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.gateway import StripeReader, StripeWriter
from provisioner.stripe_api.rate_limit import Limits

ANSWERS = Answers(KINDS)
ReadingDisplay = Callable[[Mapping[str, int], Limits], AbstractContextManager[Progress]]


def _no_display(_expected: Mapping[str, int], _limits: Limits) -> AbstractContextManager[Progress]:
    return nullcontext(silent)


NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


class Account(Struct, frozen=True):
    """One account at Stripe, with the configuration that it is compared with."""

    config: Config
    """The configuration of the account."""
    transport: Transport
    """Sends requests with the account's key."""
    expected: tuple[str, ...] = ()
    """The ids of accounts that may be used; any other account is rejected. Empty allows any account."""
    display: ReadingDisplay = _no_display
    """Shows the progress of a full read; called with the expected number of objects of each resource."""
    kinds: Sequence[Kind] = KINDS
    """All kinds of resources."""
    workers: Callable[[int], Executor] = ThreadPoolExecutor
    """Creates the executor for parallel reads."""
    environ: Mapping[str, str] = NO_ENVIRONMENT
    """The environment for commands that receive secrets; Stripe's keys are removed from it."""

    def __post_init__(self) -> None:
        """Keep values that the configuration hides out of error messages."""
        self.transport.hide(partial(hidden_texts, self.kinds, self.config))

    @property
    def answers(self) -> Answers:
        """Return the decoder of Stripe's responses."""
        return Answers(self.kinds)

    @property
    def reader(self) -> StripeReader:
        """Return a client that cannot write."""
        return StripeReader(self.transport, self.answers)

    @property
    def writer(self) -> StripeWriter:
        """Return a client that can write; no other method here returns one."""
        return StripeWriter(self.transport, self.answers)

    def read(self) -> Snapshot:
        """
        Read everything that a comparison needs, with a client that cannot write.

        Raises AccessError if the key belongs to an account other than the expected one, or Stripe rejects it,
        and StripeError if there is no usable response.
        """
        declared = Counter(address.section for address in self.config.declared)
        expected = {kind.resource: declared[kind.section] for kind in owned(self.kinds)}
        with self.display(expected, self.transport.limits) as progress:
            snapshot = self._known(
                observe(self.reader, self.kinds, self.config.declared, progress, self.workers)
            )
        self.check(snapshot)
        return snapshot

    def read_unannounced(self, known: Collection[str]) -> Snapshot:
        """
        Read everything that events do not report: the account, its balances and top-ups, and objects without
        events.

        Resources without events are read only if the configuration has some of them or objects of them are
        `known`. Raises as `read` does.
        """
        sections = {address.section for address in self.config.declared}
        unannounced = [
            kind
            for kind in self.kinds
            if not kind.is_owned or (not kind.events and (kind.section in sections or kind.resource in known))
        ]
        snapshot = self._known(observe(self.reader, unannounced, self.config.declared))
        self.check(snapshot)
        return snapshot

    def _known(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot, completed with the key, the account and the time of the reading."""
        transport = self.transport
        return replace(snapshot, key=transport.secret, named=transport.account or "", now=transport.now)

    def check(self, snapshot: Snapshot) -> None:
        """Raise AccessError if Stripe responded for an account other than the expected one."""
        found = snapshot.account.get("id")
        for expected in dict.fromkeys((*self.expected, self.config.account or "")):
            if expected and found is None:
                raise AccessError(f"the key cannot read its account; expected account {expected}")
            if expected and found != expected:
                raise AccessError(f"Stripe responded for account {found}; expected account {expected}")

    def compare(self) -> Comparison:
        """
        Read Stripe and compare it with the configuration.

        Raises as `read` does, and ConflictError if objects in Stripe contradict each other.
        """
        return self.compare_with(self.read())

    def compare_with(self, snapshot: Snapshot) -> Comparison:
        """Compare the configuration with a snapshot that was read before; raises ConflictError."""
        return with_grants(self.kinds, self.config, compare_with(self.kinds, self.config, snapshot))

    def take_inventory(self) -> tuple[Snapshot, Inventory]:
        """Read Stripe and find the project's objects, without comparing; raises as `compare` does."""
        snapshot = self.read()
        return snapshot, take_inventory(self.kinds, self.config, snapshot)

    def plan(self, comparison: Comparison, selection: Selection = EVERYTHING) -> Plan:
        """
        Make the plan from a comparison, or from the selected part of it.

        Raises ProvisionerError if the selection matches nothing.
        """
        return conclude(self.kinds, self.config, comparison, selection)

    def plan_of(self, snapshot: Snapshot, inventory: Inventory, differences: Differences) -> Plan:
        """Make a plan of changes that do not come from a comparison, such as a requested retirement."""
        return assemble(self.kinds, self.config, snapshot, inventory, differences)
