"""Addresses that a shell completes, from the configuration; loaded only when a shell asks."""

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from provisioner.app.configuration import load
from provisioner.config.text.outside import Allowed
from provisioner.core.model.errors import ProvisionerError


def addresses(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The addresses of the configuration at PATH that begin as typed; none where it is not sound."""
    given: Any = ctx.params.get("path") or Path()
    try:
        config = load(
            Path(given),
            env=ctx.params.get("env"),
            environ=os.environ,
            allowed=Allowed(ctx.params.get("allow_env") or (), ctx.params.get("allow_files") or ()),
        )
    except (ProvisionerError, OSError):
        return []
    names = sorted(str(address) for address in config.declared)
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
