"""`chaos`: make applies on the sandbox fail, or run random histories, and check how they end."""

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
TOLD = 100  # steps between progress lines


def _numbers(_context: click.Context, _param: click.Parameter, value: str | None) -> frozenset[int]:
    """Read positive whole numbers, separated by commas."""
    parts = value.split(",") if value else []
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter(f"{value!r} is not a list of numbers such as 3,9,12")
    return frozenset(map(int, parts))


@click.command()
@config_options
@click.option("--seed", type=int, default=1, help="Selects the runs; the same seed gives the same runs.")
@click.option("--runs", type=click.IntRange(min=1), default=DEFAULT_RUNS, help="Number of runs.")
@click.option("--all", "whole", is_flag=True, help="Try every failure at every request.")
@click.option("--estate", is_flag=True, help="Run random histories of a project instead of PATH.")
@click.option("--steps", type=click.IntRange(min=1), help="Number of steps of the histories (with --estate).")
@click.option(
    "--only",
    callback=_numbers,
    metavar="NUMBERS",
    help="Run only these steps, such as 3,9,12 (with --estate).",
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
    Make applies on a private sandbox fail, and check that the next run recovers completely.

    PATH is the configuration to test; without PATH, a built-in scenario is used (create, update, replace,
    reissue, retire, top up). With --estate, random histories are run: edits of the YAML, failed and wrong
    responses, outdated lists, killed processes, two runs at once, saved plans, and changes made by hand;
    the objects are checked after each step. Needs no key and does not contact Stripe.
    """
    if (steps or only) and not estate:
        raise click.UsageError("--steps and --only can only be used with --estate")
    if estate:
        if ignored := [each for each in ("path", "runs", "whole") if _is_given(each)]:
            names = {"path": "PATH", "runs": "--runs", "whole": "--all"}
            each = " and ".join(names[name] for name in ignored)
            raise click.UsageError(f"{each} cannot be used with --estate, which makes its own projects")
        document = _played(seed, steps or max(only, default=DEFAULT_STEPS), only)
        text = _played_text
    else:
        document = _disturbed(options, seed, None if whole else runs)
        text = _disturbed_text
    click.echo(json.dumps(document, indent=2) if format_ == "json" else text(document), nl=format_ == "json")
    return ERROR if document["failed"] else DONE


def _is_given(parameter: str) -> bool:
    """Return whether the user gave a parameter of this command on the command line."""
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE


def _disturbed(options: Options, seed: int, runs: int | None) -> dict[str, Any]:
    """Run `runs` combinations of a failure and a request, or all of them, and return the result."""
    from provisioner.chaos.run import cells, disturb, rehearse  # noqa: PLC0415 - cold start: a server and more
    from provisioner.chaos.sandbox_fixture import arena  # noqa: PLC0415 - cold start: as above
    from provisioner.chaos.scene import canonical, country_of, scene_of  # noqa: PLC0415 - cold start: as above

    scene = scene_of(load(options), seed) if _is_given("path") else canonical()
    with arena(country_of(scene.after)) as place:
        course = rehearse(place, scene)
        chosen = cells(course, seed, runs)
        click.echo(
            f"{len(course.asked)} requests without failures; {len(chosen)} runs, seed {seed}", err=True
        )
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
        f"{document['converged']} of {document['runs']} runs ended like a run without failures: the same "
        "objects and money, and no card ever allowed more than the old or the new configuration "
        f"(seed {document['seed']})."
    )
    return "\n".join([f"Failures at one of {document['requests']} requests:", *lines, end]) + "\n"


def _played(seed: int, steps: int, only: Collection[int]) -> dict[str, Any]:
    """Run some steps of random histories, or only the given ones, and return the result."""
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
    end = f"{good} of {document['histories']} histories ended correctly (seed {document['seed']})."
    return "\n".join([f"{document['steps']} steps, with these runs:", *lines, end]) + "\n"
