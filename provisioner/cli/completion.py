"""`completion`: a script for the shell, and the addresses that it completes."""

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from provisioner.cli.exits import DONE, exits
from provisioner.core.problem import ProvisionerError

PROGRAM, VARIABLE = "provisioner", "_PROVISIONER_COMPLETE"
HOW = {
    "bash": 'eval "$(provisioner completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(provisioner completion zsh)"     # in ~/.zshrc',
    "fish": "provisioner completion fish > ~/.config/fish/completions/provisioner.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(HOW)))
@exits
def command(shell: str) -> int:
    """
    Print the script that lets SHELL complete commands, options and addresses.

    Addresses are those of the configuration in the current folder.
    """
    found = get_completion_class(shell)
    if found is None:
        raise ProvisionerError(f"{shell} is not known")
    # the class itself is asked for its text: `source()` of bash would run bash to see its version
    maker = found(click.Group(), {}, PROGRAM, VARIABLE)
    click.echo(f"# {HOW[shell]}\n{maker.source_template % maker.source_vars()}")
    return DONE


def addresses(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The addresses of the configuration at PATH that begin as typed; none where it is not sound."""
    from provisioner.app.configuration import load  # noqa: PLC0415 - cold start: only when a shell asks
    from provisioner.config.outside import Allowed  # noqa: PLC0415 - as above

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
