"""`chaos`: disturb applies on the sandbox, or play random histories, and see how they end."""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

import click
from click.core import ParameterSource

from provisioner.cli.options.shared import Options, config_options, load, text_or_json
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.core.model.json_document import FORMAT_VERSION

DEFAULT_RUNS = 100
SHOWN = 20
DEFAULT_STEPS = 200
TOLD = 100  # steps between two lines of progress


def _numbers(_context: click.Context, _param: click.Parameter, value: str | None) -> frozenset[int]:
    """Whole numbers from 1 on, with commas between them."""
    parts = value.split(",") if value else []
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter(f"{value!r} is not a list of numbers such as 3,9,12")
    return frozenset(map(int, parts))


@click.command()
@config_options
@click.option("--seed", type=int, default=1, help="Chooses the runs; the same seed, the same runs.")
@click.option("--runs", type=click.IntRange(min=1), default=DEFAULT_RUNS, help="How many runs.")
@click.option("--all", "whole", is_flag=True, help="Every disturbance at every request.")
@click.option("--estate", is_flag=True, help="Play random histories of an estate instead of PATH.")
@click.option("--steps", type=click.IntRange(min=1), help="How many steps of histories; for --estate.")
@click.option(
    "--only",
    callback=_numbers,
    metavar="NUMBERS",
    help="Play these steps alone, such as 3,9,12; for --estate.",
)
@text_or_json()
@exits
def command(  # noqa: PLR0913 - one for each option
    options: Options,
    *,
    seed: int,
    runs: int,
    whole: bool,
    estate: bool,
    steps: int | None,
    only: frozenset[int],
    format_: str,
) -> int:
    """
    Apply to a private sandbox under faults and kills; the next run must end as if nothing had been.

    PATH is the configuration to try it with; without PATH, a built-in scene is played (create, update,
    replace, reissue, retire, top up). With --estate, random histories are played: edits of YAML over time,
    faults, answers that are lies, lists that lag, kills, two runs at once, saved plans, and edits by hand;
    what has become of the estate is checked after each step. Needs no key and touches no Stripe.
    """
    if (steps or only) and not estate:
        raise click.UsageError("--steps and --only are for --estate")
    if estate:
        document = _played(seed, steps or max(only, default=DEFAULT_STEPS), only)
        text = _played_text
    else:
        document = _disturbed(options, seed, None if whole else runs)
        text = _disturbed_text
    click.echo(json.dumps(document, indent=2) if format_ == "json" else text(document), nl=format_ == "json")
    return ERROR if document["failed"] else DONE


def _disturbed(options: Options, seed: int, runs: int | None) -> dict[str, Any]:
    """Run so many cells of the matrix, or all, and say what came of them."""
    from provisioner.chaos.run import cells, disturb, rehearse  # noqa: PLC0415 - cold start: a server and more
    from provisioner.chaos.sandbox_fixture import arena  # noqa: PLC0415 - cold start: as above
    from provisioner.chaos.scene import canonical, country_of, scene_of  # noqa: PLC0415 - cold start: as above

    own = click.get_current_context().get_parameter_source("path") is ParameterSource.COMMANDLINE
    scene = scene_of(load(options), seed) if own else canonical()
    with arena(country_of(scene.after)) as place:
        course = rehearse(place, scene)
        chosen = cells(course, seed, runs)
        click.echo(f"{len(course.asked)} requests undisturbed; {len(chosen)} runs, seed {seed}", err=True)
        verdicts = []
        for number, cell in enumerate(chosen, 1):
            verdicts.append(disturb(place, course, cell))
            if verdicts[-1].wrong:
                click.echo(f"FAILED: {cell}: {verdicts[-1].wrong[0]}", err=True)
            elif number % DEFAULT_RUNS == 0:
                click.echo(f"{number} of {len(chosen)}", err=True)
    counts = Counter(verdict.cell.disturbance for verdict in verdicts)
    return {
        "format_version": FORMAT_VERSION,
        "seed": seed,
        "requests": len(course.asked),
        "runs": len(verdicts),
        "converged": sum(not verdict.wrong for verdict in verdicts),
        "disturbances": dict(sorted(counts.items())),
        "failed": [{"run": str(v.cell), "wrong": list(v.wrong)} for v in verdicts if v.wrong],
    }


def _disturbed_text(document: dict[str, Any]) -> str:
    lines = [f"  {count:5} {name}" for name, count in document["disturbances"].items()]
    for failed in document["failed"][:SHOWN]:
        lines += [f"FAILED: {failed['run']}", *(f"  {text}" for text in failed["wrong"])]
    end = (
        f"{document['converged']} of {document['runs']} runs ended as undisturbed: the same objects, the "
        f"same money, no card ever wider than old or new allow (seed {document['seed']})."
    )
    return "\n".join([f"Disturbed at one of {document['requests']} requests:", *lines, end]) + "\n"


def _played(seed: int, steps: int, only: Collection[int]) -> dict[str, Any]:
    """Play so many steps of histories, or only some of them, and say what came of them."""
    from provisioner.chaos.estate.history import play, reduced  # noqa: PLC0415 - cold start: a server and more

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


def _played_text(document: dict[str, Any]) -> str:
    lines = [f"  {count:5} {how}" for how, count in document["runs"].items()]
    for failed in document["failed"]:
        lines += [f"FAILED: {failed['replay']}", *(f"  {text}" for text in failed["wrong"])]
        for step in failed["steps"]:
            lines += [f"  step {step['number']}", *(f"    {text}" for text in step["did"])]
    good = document["histories"] - len(document["failed"])
    end = f"{good} of {document['histories']} histories ended as they should (seed {document['seed']})."
    return "\n".join([f"{document['steps']} steps; the runs of them:", *lines, end]) + "\n"
