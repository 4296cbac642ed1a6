"""The way in: finds the command that is asked for, and loads no other."""

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
    "init": "Write a starting project, with its CI workflow.",
    "validate": "Check the configuration alone; no network.",
    "plan": "Show what apply would do; writes nothing.",
    "apply": "Plan, ask, and carry it out.",
    "drift": "Report what moved in Stripe since the last apply.",
    "import": "Adopt live objects into the configuration.",
    "export": "Write YAML for what is live.",
    "retire": "Retire objects on purpose.",
    "destroy": "Retire everything that the project has.",
    "show": "Show a saved plan without touching Stripe.",
    "test": "Run the declared purchase scenarios.",
    "simulate": "Make one test purchase on an applied card.",
    "fleet": "The same for many connected accounts, here or on a cluster.",
    "chaos": "Disturb applies on a sandbox: does the next run put all right?",
    "sandbox": "The embedded Stripe API.",
    "doctor": "Check the key, the account, permissions and the way to Stripe.",
    "schema": "Print the JSON Schema of the configuration.",
    "completion": "Print the script for completion in bash, zsh or fish.",
    "version": "Print the version.",
}
# Objects before a collection: estates are large, live to the end, and hold no cycles worth looking for.
COLLECT_RARELY = (1_000_000, 50, 100)
# `import` is a word of Python's own
MODULES = {"import": "adopt"}


def fill_streams() -> None:
    """Let standard streams that the caller has closed be /dev/null; the next file would get what is said."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free is the one given
            stream = Path(os.devnull).open("w" if number else "r", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


class LazyGroup(click.Group):
    """Commands live in modules of their own name, imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which people need them."""
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

    def main(self, *words: Any, **given: Any) -> Any:
        """Run the command line; whatever goes wrong outside of a command is told like the rest."""
        fill_streams()
        gc.set_threshold(*COLLECT_RARELY)
        atexit.register(gc.freeze)  # or Python would look through all of an estate again as it ends
        words_given = list(given.get("args") or (words[0] if words else None) or sys.argv[1:])
        try:
            return super().main(*words, **{**given, "standalone_mode": False})
        except Exception as error:  # noqa: BLE001 - the last to see it
            from provisioner.cli.terminal.exit import failure  # noqa: PLC0415 - cold start: little fails

            if isinstance(error, click.exceptions.NoArgsIsHelpError):
                error.show()
                sys.exit(1)
            if isinstance(error, click.UsageError) and error.ctx:
                click.echo(error.ctx.get_usage(), err=True)
            as_json = "--format=json" in words_given or ("--format", "json") in pairwise(words_given)
            sys.exit(failure(error, as_json=as_json))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Infrastructure as code for Stripe Issuing: YAML in git, planned and applied against live Stripe.

    PATH is a YAML file or a folder of them, and defaults to the current folder. Exit codes: 0 done, or
    in sync; 1 error; 2 changes (plan --detailed-exitcode); 3 stopped by a guardrail; 4 the saved plan is
    stale; 5 applied in part; 7 wrong key, account or mode; 130 interrupted.
    """
