"""Write the page of exit codes and the commands that can end with each."""

import click

from provisioner.cli.main import main
from provisioner.core.model.errors import SEVERITY, ExitCode

from . import markdown
from .markdown import anchor, code, codes, prose, table
from .tree import leaves

DO = {
    ExitCode.DONE: "nothing",
    ExitCode.ERROR: "read the message; it names the file, the address, or the Stripe request",
    ExitCode.CHANGES: "review the plan or the drift",
    ExitCode.GUARDRAIL: "review the plan carefully, then pass `--allow NAME=NUMBER` or `--approve "
    "broadening`. Nothing was changed",
    ExitCode.STALE: "plan again, and have the new plan approved. Nothing was changed",
    ExitCode.PARTLY: "run the same command again; if the last line says that Stripe rejected a request, "
    "fix the cause first",
    ExitCode.ACCESS: "run `provisioner doctor` to find the cause. Nothing was changed",
    ExitCode.INTERRUPTED: "run the same command again",
}


def page() -> str:
    """Return the page: codes, what to do, the commands, and the exit code of a fleet."""
    rows = [(str(int(one)), one.meaning, DO[one], _commands(one)) for one in ExitCode]
    worst = " · ".join(str(int(one)) for one in SEVERITY)
    return markdown.page(
        "Exit codes",
        prose(
            "Every command ends with one of these codes. Their meanings never change, but new codes can "
            "be added: treat an unknown code as 1. CI jobs end with the same codes."
        ),
        table(("code", "meaning", "what to do", "commands"), rows),
        prose(
            "With `fleet`, each account has its own exit code, with the meaning above. The command ends "
            f"with the worst of them. From best to worst: {worst}."
        ),
        prose("An invalid command line (an unknown option, a missing argument) is an error: 1."),
    )


def codes_of(path: str, command: click.Command) -> tuple[ExitCode, ...]:
    """Return the exit codes of a command, derived from its options."""
    options = {parameter.name for parameter in command.params}
    found = {ExitCode.DONE, ExitCode.ERROR, ExitCode.INTERRUPTED}
    if "detailed_exitcode" in options or path.rsplit(maxsplit=1)[-1] == "drift":
        found.add(ExitCode.CHANGES)
    if "sandbox" in options:  # it talks to Stripe
        found.add(ExitCode.ACCESS)
    if "auto_approve" in options:  # it writes
        found |= {ExitCode.GUARDRAIL, ExitCode.STALE, ExitCode.PARTLY}
    if "allow" in options:  # it judges a plan
        found.add(ExitCode.GUARDRAIL)
    if "planfile" in options:  # it rejects an edited plan file
        found.add(ExitCode.STALE)
    return tuple(sorted(found))


def allowed(words: tuple[str, ...]) -> tuple[ExitCode, ...]:
    """Return the exit codes of the command that a command line names."""
    command: click.Command = main
    path = []
    for word in words:
        if not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            break
        command, path = found, [*path, word]
    return codes_of(" ".join(path) or "provisioner", command)


def _commands(one: ExitCode) -> str:
    named = [path for path, command in leaves() if one in codes_of(path, command)]
    if len(named) == len(leaves()):
        return "all"
    return ", ".join(f"[{code(path)}](commands.md#{anchor(f'provisioner {path}')})" for path in named)


def said(found: tuple[ExitCode, ...]) -> str:
    """Return codes as a line of a command's entry."""
    return f"[Exit codes](exit-codes.md): {codes(int(one) for one in found)}."
