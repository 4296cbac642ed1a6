"""`completion`: print the completion script of a shell."""

import click
from click.shell_completion import get_completion_class

from provisioner.cli.terminal.exit import DONE, exits
from provisioner.core.model.errors import ProvisionerError

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
    Print the script that completes commands, options and their values in SHELL.

    Addresses, environments and cards come from the configuration in the current folder or at PATH.
    """
    found = get_completion_class(shell)
    if found is None:
        raise ProvisionerError(f"unknown shell {shell}")
    # not `source()`: for bash, it would run bash to check the version
    maker = found(click.Group(), {}, PROGRAM, VARIABLE)
    click.echo(f"# {HOW[shell]}\n{maker.source_template % maker.source_vars()}")
    return DONE
