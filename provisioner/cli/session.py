"""The way from a command's options to an account: configuration, key, and the real or the embedded API."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from msgspec.structs import replace

from provisioner.app import configuration
from provisioner.app.account import Account
from provisioner.app.sandboxes import sandbox_at
from provisioner.cli.options.shared import SANDBOX_STATE, Options, load
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.progress import reading
from provisioner.core.model.config import Config
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY, key_for, safe_base
from provisioner.stripe_api.rate_limit import limits_for
from provisioner.views.values import count, inert


@contextmanager
def session(options: Options, loaded: Callable[[Config], None] = lambda _config: None) -> Iterator[Account]:
    """
    Open a session: nothing is sent before the configuration is sound and the key fits its mode.

    `loaded` is handed the configuration before anything is said of the key. Raises ConfigError
    or AccessError.
    """
    config = fitted(options, load(options))
    loaded(config)
    if unread := configuration.files_not_loaded(options.path, config.project):
        # one file of several looks as if what the others declare had been removed
        more = f" and {count(len(unread) - 1, 'more file')}" if len(unread) > 1 else ""
        first = inert(str(unread[0].relative_to(options.path.parent)))
        others = f"{first}{more} beside it declare{'' if more else 's'}"
        tell(
            f"Note: only {inert(options.path.name)} is read; what {others} is not, and counts as removed. "
            "Give the folder to read all."
        )
    with _session(options, config) as opened:
        yield opened


@contextmanager
def key_session(options: Options, project: str, mode: str) -> Iterator[Account]:
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
def _session(options: Options, config: Config) -> Iterator[Account]:
    key = SANDBOX_KEY if options.sandbox else key_for(config.mode, os.environ)
    state = SANDBOX_STATE
    if config.environment:  # what is tried in one must not show in another
        state = state.with_stem(f"{state.stem}-{config.environment}")
    if options.sandbox and not state.exists():
        each = "environment of each folder" if config.environment else "folder"
        tell(f"A new sandbox, with nothing in it: {state.absolute()} (each {each} has its own).")
    with sandbox_at(state) if options.sandbox else nullcontext(os.environ.get("STRIPE_API_BASE")) as base:
        yield Account(
            config,
            Transport(
                key,
                limits=limits_for(config.mode, options.max_rps, options.max_endpoint_rps),
                account=os.environ.get("STRIPE_ACCOUNT") or None,
                api_base=safe_base(base, config.mode, elsewhere=options.allow_api_base),
            ),
            display=reading,
        )
