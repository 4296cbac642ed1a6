"""A session with Stripe: the right key for the mode, the right account, the real API or the embedded one."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from provisioner.cli.log import tell
from provisioner.cli.options import Options
from provisioner.cli.progress import Reading
from provisioner.config import load_config
from provisioner.config.beside import unread_beside
from provisioner.core.kind import Kind
from provisioner.core.model import Config, World
from provisioner.core.plan import Plan, make_plan
from provisioner.core.problem import AccessError
from provisioner.core.select import EVERYTHING, Selection
from provisioner.engine.observe import observe
from provisioner.engine.private_file import private_database
from provisioner.kinds import KINDS
from provisioner.stripe_api import StripeReader, StripeWriter, Transport, limits_for
from provisioner.stripe_api.access import SANDBOX_KEY, key_for, safe_base
from provisioner.views.words import count, inert

SANDBOX_STATE = Path(".provisioner/sandbox.db")


class Session(Struct, frozen=True):
    """A configuration and the way to Stripe that fits it."""

    config: Config
    transport: Transport

    @property
    def writer(self) -> StripeWriter:
        """The one thing here that can write."""
        return StripeWriter(self.transport)

    def plan(self, selection: Selection = EVERYTHING) -> Plan:
        """Read Stripe and compare; raises as `observe` does, and ConflictError."""
        return make_plan(KINDS, self.config, self.observe(), selection)

    def observe(self, kinds: Sequence[Kind] = KINDS) -> World:
        """
        Read Stripe with a client that cannot write.

        Raises AccessError when the key belongs to another account than the configuration names, or
        Stripe refuses it, and StripeError when there is no usable answer.
        """
        reader = StripeReader(self.transport)
        declared = Counter(address.section for address in self.config.declared)
        expected = {kind.resource: declared[kind.section] for kind in kinds if kind.owns_objects}
        with Reading(expected, self.transport.limits) as reading:
            world = observe(reader, kinds, self.config.declared, reading.progress)
        self.check_account(world)
        return world

    def check_account(self, world: World) -> None:
        """Raise AccessError when the key belongs to another account than the configuration names."""
        account = world.account.get("id")
        if self.config.account and account is None:
            raise AccessError(
                f"the key may not read its account, and the configuration is for {self.config.account}"
            )
        if self.config.account and account != self.config.account:
            raise AccessError(
                f"the key belongs to account {account}; the configuration is for {self.config.account}"
            )


def load(options: Options) -> Config:
    """Read the configuration; raises ConfigError."""
    return load_config(
        options.path,
        KINDS,
        env=options.env,
        variables=options.variables,
        environ=os.environ,
        allowed=options.allowed,
    )


@contextmanager
def session(options: Options, loaded: Callable[[Config], None] = lambda _config: None) -> Iterator[Session]:
    """
    Open a session: nothing is sent before the configuration is sound and the key fits its mode.

    `loaded` is handed the configuration before anything is said of the key. Raises ConfigError
    or AccessError.
    """
    config = fitted(options, load(options))
    loaded(config)
    _tell_of_unread(options.path, config.project)
    with _session(options, config) as opened:
        yield opened


def _tell_of_unread(path: Path, project: str) -> None:
    """One file of several looks as if what the others declare had been removed."""
    if unread := unread_beside(path, project, KINDS):
        more = f" and {count(len(unread) - 1, 'more file')}" if len(unread) > 1 else ""
        first = inert(str(unread[0].relative_to(path.parent)))
        others = f"{first}{more} beside it declare{'' if more else 's'}"
        tell(
            f"Note: only {inert(path.name)} is read; what {others} is not, and counts as removed. "
            "Give the folder to read all."
        )


@contextmanager
def key_session(options: Options, project: str, mode: str) -> Iterator[Session]:
    """Open a session without a configuration; raises AccessError."""
    with _session(options, fitted(options, Config(project, mode, None, {}))) as opened:
        yield opened


def fitted(options: Options, config: Config) -> Config:
    """
    The configuration as it is with these options.

    The sandbox is of test mode, and nobody's account: a configuration for live mode can be tried there as it
    stands, and no key of the environment's is used.
    """
    return replace(config, mode="test", account=None) if options.sandbox else config


@contextmanager
def _session(options: Options, config: Config) -> Iterator[Session]:
    key = SANDBOX_KEY if options.sandbox else key_for(config.mode, os.environ)
    if options.sandbox and not SANDBOX_STATE.exists():
        tell(f"A new sandbox, with nothing in it: {SANDBOX_STATE.absolute()} (each folder has its own).")
    with sandbox() if options.sandbox else nullcontext(os.environ.get("STRIPE_API_BASE")) as base:
        yield Session(
            config,
            Transport(
                key,
                limits=limits_for(config.mode, options.max_rps, options.max_endpoint_rps),
                account=os.environ.get("STRIPE_ACCOUNT") or None,
                api_base=safe_base(base, config.mode, elsewhere=options.allow_api_base),
            ),
        )


@contextmanager
def sandbox() -> Iterator[str]:
    """Run the embedded Stripe API, with its state in this folder; yields its address."""
    from provisioner.sandbox.server import running  # noqa: PLC0415 - only those who want it pay for it
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415

    private_database(SANDBOX_STATE)
    with running(Settings(state=SANDBOX_STATE)) as base:
        yield base
