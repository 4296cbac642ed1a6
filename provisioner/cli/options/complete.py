"""Completes the values of options and arguments in a shell."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.core.model.errors import ProvisionerError

if TYPE_CHECKING:
    from provisioner.core.model.resource import Address


def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete an address in the configuration; nothing is suggested if the configuration is not valid."""
    return sorted(name for name in map(str, _addresses(ctx)) if name.startswith(incomplete))


def complete_card(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a card in the configuration."""
    cards = (address.name for address in _addresses(ctx) if address.section == "cards")
    return sorted(name for name in cards if name.startswith(incomplete))


def _addresses(ctx: click.Context) -> "Iterable[Address]":
    """Return the addresses in the configuration of a partial command line; empty if it is not valid."""
    from provisioner.app import configuration  # noqa: PLC0415 - cold start: only for shells
    from provisioner.config.text.outside import Allowed  # noqa: PLC0415 - cold start: as above

    given = ctx.params
    allowed = Allowed(given.get("allow_env") or (), given.get("allow_files") or ())
    try:
        return configuration.load(
            given.get("path") or Path(), env=given.get("env"), environ=os.environ, allowed=allowed
        ).declared
    except (ProvisionerError, OSError):
        return ()


def complete_environment(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of an environment, from the files in `environments/`."""
    from provisioner.config.text.document import OVERLAYS, SUFFIXES  # noqa: PLC0415 - cold start: only for shells

    path: Path = ctx.params.get("path") or Path()
    folder = (path if path.is_dir() else path.parent) / OVERLAYS
    files = (file for file in folder.glob("*") if file.suffix in SUFFIXES)
    return sorted(file.stem for file in files if file.stem.startswith(incomplete))


def complete_guardrail(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a guardrail and `=`, after which its number is typed."""
    from provisioner.core.plan.document import GUARDRAILS  # noqa: PLC0415 - cold start: only for shells

    return [f"{name}=" for name in GUARDRAILS if name.startswith(incomplete)]
