"""The entry point of the command line; it imports only the command that is run."""

import atexit
import gc
import importlib
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from provisioner._version import __version__

COMMANDS = {
    "init": "Write a starter project and its CI workflow.",
    "validate": "Check the configuration without using the network.",
    "check": "Validate, run the scenarios and plan, in one report for a pull request.",
    "plan": "Show the changes that apply would make.",
    "apply": "Show a plan, ask for approval, and make the changes.",
    "drift": "Report changes made outside of provisioner since the last apply.",
    "serve": "Show the cards, their money and their purchases in a browser.",
    "report": "Write the cards, their money and their purchases to one HTML file.",
    "import": "Bring existing Stripe objects under management.",
    "export": "Print YAML for the objects that exist in Stripe.",
    "retire": "Deactivate or cancel specific objects.",
    "destroy": "Deactivate or cancel every object of the project.",
    "show": "Show a saved plan without contacting Stripe.",
    "backtest": "Show which past purchases the configuration would decline.",
    "test": "Run the purchase scenarios in the configuration.",
    "simulate": "Make a test purchase on an applied card.",
    "fleet": "Plan, apply and check drift across many connected accounts.",
    "chaos": "Test that applies on a sandbox recover from failures.",
    "sandbox": "Run, fill or reset the embedded Stripe API.",
    "doctor": "Check the API key, account, permissions and connection.",
    "schema": "Print the JSON Schema of the configuration.",
    "lsp": "Run the language server for editors.",
    "completion": "Print the completion script for bash, zsh or fish.",
    "version": "Print the version.",
}
# Only close misspellings get a suggestion: one that a user runs without thinking must not write to Stripe.
WRITE = ("apply", "import", "retire", "destroy")
CLOSE = 0.8  # from 0 to 1, as measured by difflib
# Objects created between garbage collections: a project is large, exists to the end, and has few cycles.
COLLECT_RARELY = (1_000_000, 50, 100)
# `import` is a Python keyword, so its module has another name
MODULES = {"import": "adopt"}


def fill_streams() -> None:
    """
    Open /dev/null in place of each closed standard stream; otherwise the next opened file would get its
    output.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The system assigns the lowest free descriptor.
            stream = Path(os.devnull).open("w" if number else "r", encoding="utf-8")  # noqa: SIM115 - open to the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


class LazyGroup(click.Group):
    """A group whose commands are imported from the module of the same name when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which users need them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"provisioner.cli.commands.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; the error for an unknown one suggests the most similar command."""
        asked = args[0]
        if asked not in COMMANDS and not asked.startswith("-") and not ctx.resilient_parsing:
            from provisioner.config.text.near import near  # noqa: PLC0415 - cold start: few mistype

            safe = [name for name in COMMANDS if name not in WRITE]
            hint = near(asked, WRITE, CLOSE) or near(asked, safe) or "; see `provisioner --help`"
            ctx.fail(f"No such command {asked!r}{hint}")
        return super().resolve_command(ctx, args)

    def main(self, *words: Any, **given: Any) -> Any:
        """Run the command line; errors outside of a command are reported like those of commands."""
        fill_streams()
        gc.set_threshold(*COLLECT_RARELY)
        atexit.register(gc.freeze)  # otherwise, Python would scan all objects once more at exit
        words_given = list(given.get("args") or (words[0] if words else None) or sys.argv[1:])
        try:
            return super().main(*words, **{**given, "standalone_mode": False})
        except Exception as error:  # noqa: BLE001 - the outermost handler
            from provisioner.cli.terminal.exit import failure  # noqa: PLC0415 - cold start: most runs succeed

            if isinstance(error, click.exceptions.NoArgsIsHelpError):
                error.show()
                sys.exit(1)
            if isinstance(error, click.UsageError) and error.ctx:
                click.echo(error.ctx.get_usage(), err=True)
            as_json = "--format=json" in words_given or ("--format", "json") in pairwise(words_given)
            sys.exit(failure(error, as_json=as_json))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Infrastructure as code for Stripe Issuing: plan and apply changes to Stripe from YAML in git.

    PATH is a YAML file or a folder of YAML files (default: the current folder). Exit codes: 0 success;
    1 error; 2 changes (plan --detailed-exitcode) or drift; 3 blocked by a guardrail; 4 the saved plan is
    stale; 5 partially applied; 7 wrong key, account or mode; 130 interrupted.
    """
