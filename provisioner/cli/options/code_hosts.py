"""The options and paths for code hosts, which show problems at their lines."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from provisioner.cli.options.shared import Options
from provisioner.core.model.check import CheckPart
from provisioner.views.check.code_hosts import Repository, github_annotations, sarif_log

ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")  # the path of the checkout in jobs of GitHub and of GitLab
CONFIG = "provisioner.yaml"  # the file in the folder that problems without a file are attributed to

annotate_option = click.option(
    "--annotate",
    "annotated",
    is_flag=True,
    envvar="GITHUB_ACTIONS",
    help="Also print each problem to stderr as an annotation, which GitHub shows at its line.",
)


def annotate(parts: Sequence[CheckPart], options: Options) -> None:
    """Print problems as workflow commands of GitHub."""
    for line in github_annotations(parts, repository_of(options)):
        click.echo(line, err=True)


def sarif_text(parts: Sequence[CheckPart], options: Options) -> str:
    """Return problems as a SARIF log."""
    return json.dumps(sarif_log(parts, repository_of(options)), indent=2) + "\n"


def repository_of(options: Options) -> Repository:
    """Return the repository of the job, or else the current folder, with the configuration in it."""
    root = next((os.environ[name] for name in ROOTS if os.environ.get(name)), ".")
    file = options.path / CONFIG
    return Repository(Path(root), file if file.is_file() else options.path)
