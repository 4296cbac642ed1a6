"""Opens an account for a command: its configuration, its key, and Stripe or the embedded API."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from provisioner.app import configuration
from provisioner.app.account import Account
from provisioner.app.ready import ready
from provisioner.app.sandboxes import sandbox_at
from provisioner.cli.options.shared import SANDBOX_STATE, Options, load
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.progress import reading
from provisioner.core.model.config import Config
from provisioner.core.model.words import count
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY, key_for, safe_base
from provisioner.stripe_api.rate_limit import limits_for
from provisioner.views.values import inert


@contextmanager
def session(
    options: Options,
    *loaded: Callable[[Config], None],
    state: Path | None = None,
) -> Iterator[Account]:
    """
    Check the configuration and the mode of the key, and open the account.

    Each function in `loaded` is called with the configuration before the key is checked. `state` is the file
    of a sandbox other than the configuration's own. Raises ConfigError or AccessError before anything is
    sent.
    """
    config = fitted(options, load(options))
    for hear in loaded:
        hear(config)
    with open_account(options, config, state) as opened:
        yield opened


@contextmanager
def open_account(options: Options, config: Config, state: Path | None = None) -> Iterator[Account]:
    """
    Open the account of a configuration that was fitted to the options, as `session` does; raises
    AccessError.
    """
    if unread := configuration.files_not_loaded(options.path, config.project):
        # If one file of several is loaded, resources in the others look as if they had been removed.
        more = f" and {count(len(unread) - 1, 'more file')}" if len(unread) > 1 else ""
        first = inert(str(unread[0].relative_to(options.path.parent)))
        tell(
            f"Note: Only {inert(options.path.name)} was loaded. Resources in {first}{more} will be treated "
            "as removed; pass the folder to load all files."
        )
    with _session(options, config, state) as opened:
        yield opened


@contextmanager
def key_session(options: Options, project: str, mode: str) -> Iterator[Account]:
    """Open an account without a configuration; raises AccessError."""
    with _session(options, fitted(options, Config(project, mode, None, {}))) as opened:
        yield opened


def fitted(options: Options, config: Config) -> Config:
    """
    Return the configuration; for the sandbox, in test mode and without an account.

    This lets a configuration for live mode run unchanged in the sandbox, without any key from the
    environment.
    """
    if not options.sandbox:
        return config
    if config.mode == "live" and config.hands_over:
        tell("secret_to is not used: a secret of the sandbox must not replace a live one.")
    return config.for_sandbox()


def sandbox_state(config: Config) -> Path:
    """Return the file that --sandbox uses; each environment has its own."""
    if config.environment:  # Changes tried in one environment must not appear in another.
        return SANDBOX_STATE.with_stem(f"{SANDBOX_STATE.stem}-{config.environment}")
    return SANDBOX_STATE


@contextmanager
def _session(options: Options, config: Config, state: Path | None = None) -> Iterator[Account]:
    key = SANDBOX_KEY if options.sandbox else key_for(config.mode, os.environ)
    state = state or sandbox_state(config)
    if options.sandbox and not state.exists():
        each = "environment of each folder" if config.environment else "folder"
        tell(f"Created an empty sandbox: {state.absolute()} (each {each} has its own).")
    with sandbox_at(state) if options.sandbox else nullcontext(os.environ.get("STRIPE_API_BASE")) as base:
        transport = Transport(
            key,
            limits=limits_for(config.mode, options.max_rps, options.max_endpoint_rps),
            account=os.environ.get("STRIPE_ACCOUNT") or None,
            api_base=safe_base(base, config.mode, elsewhere=options.allow_api_base),
        )
        yield ready(Account(config, transport, display=reading, environ=os.environ))
