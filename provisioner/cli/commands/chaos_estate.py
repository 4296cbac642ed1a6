"""`chaos --estate`: random histories, and for each that goes wrong what it takes to see it again."""

import json
from collections.abc import Collection
from typing import Any

import click

from provisioner.chaos.estate.play import Failure, Played, play, reduced
from provisioner.cli.terminal.exit import DONE, ERROR
from provisioner.views.version import FORMAT_VERSION

DEFAULT_STEPS = 200
TOLD = 100  # steps between two lines of progress


def play_estate(seed: int, steps: int | None, only: Collection[int], format_: str) -> int:
    """Play so many steps, say what came of them, and return the exit code."""
    steps = steps or max(only, default=DEFAULT_STEPS)
    played = 0

    def heard(_seed: int, step: Any) -> None:
        nonlocal played
        played += 1
        if step.wrong:
            click.echo(f"FAILED: {step.wrong[0]}", err=True)
        elif played % TOLD == 0:
            click.echo(f"{played} of {steps}", err=True)

    found = play(seed, steps, only, heard)
    failures = [failure if only else reduced(failure) for failure in found.failures]
    document = _document(seed, found, failures)
    click.echo(json.dumps(document, indent=2) if format_ == "json" else _text(document), nl=format_ == "json")
    return ERROR if failures else DONE


def _document(seed: int, found: Played, failures: list[Failure]) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "seed": seed,
        "steps": found.steps,
        "histories": found.histories,
        "runs": dict(sorted(found.runs.items())),
        "failed": [
            {
                "replay": f"provisioner chaos --estate {failure.script}",
                "wrong": list(failure.wrong),
                "steps": [{"number": step.number, "did": list(step.did)} for step in failure.steps],
            }
            for failure in failures
        ],
    }


def _text(document: dict[str, Any]) -> str:
    lines = [f"  {count:5} {how}" for how, count in document["runs"].items()]
    for failed in document["failed"]:
        lines += [f"FAILED: {failed['replay']}", *(f"  {text}" for text in failed["wrong"])]
        for step in failed["steps"]:
            lines += [f"  step {step['number']}", *(f"    {text}" for text in step["did"])]
    good = document["histories"] - len(document["failed"])
    end = f"{good} of {document['histories']} histories ended as they should (seed {document['seed']})."
    return "\n".join([f"{document['steps']} steps; the runs of them:", *lines, end]) + "\n"
