"""`init`: write a starter project that validates and plans, and its CI workflow."""

import json
import os
import re
import shlex
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import Struct

from provisioner.app.configuration import editor_schema
from provisioner.app.export import export
from provisioner.cli import templates
from provisioner.cli.environment_templates import LIVE, github_workflow, gitlab_pipeline, overlay
from provisioner.cli.git import git
from provisioner.cli.options.shared import Options, key_options
from provisioner.cli.session import key_session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.config.text.document import OVERLAYS
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.private_file import check_replaceable, write_public

CONFIG, SCHEMA, IGNORE = "provisioner.yaml", "provisioner.schema.json", ".gitignore"
ENVIRONMENT_SCHEMA = "environment.schema.json"
LONGEST_NAME = 63


class ProjectPlace(Struct, frozen=True):
    """The place of a new project."""

    folder: Path
    """Its folder."""
    root: Path
    """The root of the git repository around it, or the folder itself."""
    branch: str
    """The default branch."""
    gitlab: bool
    """True if the repository is on GitLab."""

    @property
    def path(self) -> str:
        """Return the folder relative to the root, as the workflow names it."""
        return self.folder.relative_to(self.root).as_posix()

    @property
    def project(self) -> str:
        """Return a project name made from the folder's name."""
        plain = unicodedata.normalize("NFKD", self.folder.name.casefold()).encode("ascii", "ignore").decode()
        clean = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
        return clean[:LONGEST_NAME] or "issuing"


def _names(_ctx: click.Context, _param: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Read `--envs dev,prod`; raises BadParameter for names that cannot be used for files or jobs."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    for name in names:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", name):
            raise click.BadParameter(
                f"{name!r} is not the name of an environment: up to 30 lowercase letters, digits and hyphens"
            )
    if len(set(names)) < len(names):
        raise click.BadParameter("an environment is named twice")
    return names


@click.command()
@key_options
@click.option("--from-stripe", is_flag=True, help="Start from the objects that exist in Stripe.")
@click.option(
    "--envs",
    callback=_names,
    metavar="ENV,...",
    help="Also write these environments, such as dev,prod, and a workflow that applies them in this order. "
    f"Those called {', '.join(LIVE[:-1])} or {LIVE[-1]} get live mode.",
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=".")
@exits
def command(options: Options, *, folder: Path, from_stripe: bool, envs: Sequence[str]) -> int:
    """
    Write a starter project and its CI workflow into DIR (default: the current folder).

    Asks nothing and keeps existing files. The project is named after the folder; the mode comes from the
    key in STRIPE_API_KEY, the branch and the CI system from the git repository.
    """
    if envs and from_stripe:
        raise ProvisionerError("--envs cannot be used with --from-stripe: that is the state of one account")
    folder.mkdir(parents=True, exist_ok=True)
    place = find_place(folder.resolve())
    if other := _others(place.folder):
        raise ProvisionerError(
            f"{folder} contains other YAML files ({other.relative_to(place.folder)}), which would be read as "
            f"configuration; use a separate folder, such as `provisioner init {_word(folder / 'issuing')}`"
        )
    mode = "live" if re.match("(sk|rk)_live_", os.environ.get("STRIPE_API_KEY", "")) else "test"
    text = templates.MODELINE.format(schema=SCHEMA)
    if from_stripe:
        with key_session(options, place.project, mode) as stripe:
            text += export(stripe, with_account=True)
    else:
        text += templates.CONFIGURATION.format(project=place.project, mode=mode)
    _write(place.folder / CONFIG, text)
    for env in envs:
        modeline = templates.MODELINE.format(schema=f"../{ENVIRONMENT_SCHEMA}")
        _write(place.folder / OVERLAYS / f"{env}.yaml", modeline + overlay(env, place.project))
    _write(place.folder / SCHEMA, editor_schema())
    if envs:
        _write(place.folder / ENVIRONMENT_SCHEMA, editor_schema(environment=True))
    _ignore(place.root / IGNORE)
    _next(folder, _workflow(place, envs), envs, from_stripe=from_stripe)
    return DONE


def find_place(folder: Path) -> ProjectPlace:
    """Describe a folder and the git repository around it, if there is one."""
    root = Path(git(folder, "rev-parse", "--show-toplevel") or folder)
    head = git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    branch = head or git(folder, "symbolic-ref", "--short", "HEAD") or "main"
    remote = git(folder, "remote", "get-url", "origin")
    return ProjectPlace(
        folder, root.resolve(), branch, "gitlab" in remote or (root / ".gitlab-ci.yml").exists()
    )


def _others(folder: Path) -> Path | None:
    """Return a YAML file that would be read as configuration; None if there is none, or if init wrote it."""
    if (folder / CONFIG).exists():
        return None
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                return Path(here, name)
    return None


def _write(path: Path, text: str) -> None:
    if path.exists():
        click.echo(f"  kept   {_shown(path)}")
        return
    if path.parent.resolve() != path.parent:
        raise ProvisionerError(f"{_shown(path)} is behind a symbolic link, so it was not written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProvisionerError(f"cannot write {path}: {error.strerror}") from None
    write_public(path, text)
    click.echo(f"  wrote  {_shown(path)}")


def _ignore(path: Path) -> None:
    """Write a .gitignore, or add our lines to an existing one."""
    check_replaceable(path)
    if not path.exists():
        _write(path, templates.GITIGNORE)
    elif ".provisioner/" not in (present := path.read_text(encoding="utf-8")).splitlines():
        gap = "" if present.endswith("\n") or not present else "\n"
        write_public(path, present + gap + templates.GITIGNORE)
        click.echo(f"  added  {_shown(path)}")
    else:
        click.echo(f"  kept   {_shown(path)}")


def _workflow(place: ProjectPlace, envs: Sequence[str]) -> Path:
    """Write the CI workflow, and return its path."""
    names = {
        "repository": templates.REPOSITORY,
        "image": templates.IMAGE,
        "ref": templates.REF,
        "checkout": templates.CHECKOUT,
    }
    names |= {"branch": place.branch, "path": json.dumps(place.path)}
    file = ".gitlab-ci.yml" if place.gitlab else ".github/workflows/provisioner.yml"
    if envs:
        text = (gitlab_pipeline if place.gitlab else github_workflow)(envs, names)
    else:
        text = (templates.GITLAB if place.gitlab else templates.GITHUB).format(**names)
    _write(place.root / file, text)
    return place.root / file


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _word(path: Path) -> str:
    """Return a path as one word of a shell command."""
    return shlex.quote(str(path))


def _next(folder: Path, workflow: Path, envs: Sequence[str], *, from_stripe: bool) -> None:
    where = "" if folder == Path() else f" {_word(folder)}"
    if from_stripe:
        steps = [
            f"provisioner validate{where}",
            f"provisioner import{where} --all",
            f"provisioner plan{where}",
        ]
    else:
        each = [f"{where} --env {env}" for env in envs] or [where]
        steps = [
            *(f"provisioner plan{one} --sandbox" for one in each),
            f"provisioner apply{each[0]} --sandbox",
            *(f"provisioner doctor{one}" for one in each),
        ]
    click.echo("\nNext:\n" + "".join(f"  {step}\n" for step in steps), nl=False)
    if workflow.is_file() and templates.REPOSITORY in workflow.read_text(encoding="utf-8", errors="replace"):
        click.echo(f"  in {_shown(workflow)}, replace {templates.REPOSITORY} with your copy of provisioner")
