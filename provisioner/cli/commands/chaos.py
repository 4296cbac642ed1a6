"""`chaos`: disturb applies on the sandbox, and see whether the next run ends as it should."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from provisioner.cli.options.shared import Options, config_options
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.views.version import FORMAT_VERSION

DEFAULT_RUNS = 100
SHOWN = 20


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
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to report."
)
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
    if estate:
        from provisioner.cli.commands.chaos_estate import play_estate  # noqa: PLC0415 - a server and more, as below

        return play_estate(seed, steps, only, format_)
    if steps or only:
        raise click.UsageError("--steps and --only are for --estate")
    document = _disturbed(options, seed, None if whole else runs)
    click.echo(json.dumps(document, indent=2) if format_ == "json" else _text(document), nl=format_ == "json")
    return ERROR if document["failed"] else DONE


def _disturbed(options: Options, seed: int, runs: int | None) -> dict[str, Any]:
    """Run so many cells of the matrix, or all, and say what came of them."""
    from provisioner.chaos.run import cells, disturb, rehearse  # noqa: PLC0415
    from provisioner.chaos.sandbox_fixture import arena  # noqa: PLC0415 - a server and more, only for this command
    from provisioner.chaos.scene import canonical, country_of, scene_of  # noqa: PLC0415
    from provisioner.cli.load import load  # noqa: PLC0415

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
    return _document(verdicts, seed, len(course.asked))


def _document(verdicts: Sequence[Any], seed: int, requests: int) -> dict[str, Any]:
    counts = Counter(verdict.cell.disturbance for verdict in verdicts)
    return {
        "format_version": FORMAT_VERSION,
        "seed": seed,
        "requests": requests,
        "runs": len(verdicts),
        "converged": sum(not verdict.wrong for verdict in verdicts),
        "disturbances": dict(sorted(counts.items())),
        "failed": [{"run": str(v.cell), "wrong": list(v.wrong)} for v in verdicts if v.wrong],
    }


def _text(document: dict[str, Any]) -> str:
    lines = [f"  {count:5} {name}" for name, count in document["disturbances"].items()]
    for failed in document["failed"][:SHOWN]:
        lines += [f"FAILED: {failed['run']}", *(f"  {text}" for text in failed["wrong"])]
    end = (
        f"{document['converged']} of {document['runs']} runs ended as undisturbed: the same objects, the "
        f"same money, no card ever wider than old or new allow (seed {document['seed']})."
    )
    return "\n".join([f"Disturbed at one of {document['requests']} requests:", *lines, end]) + "\n"
