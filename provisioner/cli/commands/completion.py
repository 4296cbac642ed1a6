"""`completion`: a script for the shell, and the addresses that it completes."""

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
