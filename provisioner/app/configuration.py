"""Configurations without an account. It imports little, because `validate` needs no more."""

import time
from collections.abc import Callable, Iterator, Mapping
from math import inf
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import asdict, replace

from provisioner.config.load import load_config, load_policy
from provisioner.config.outline import Outline, outline
from provisioner.config.text.document import unread_beside
from provisioner.config.text.outside import NOTHING_MORE, Allowed
from provisioner.core.model.check import CheckPart
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, ExitCode, Problem
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.model.words import count
from provisioner.core.schema.field import Field
from provisioner.core.schema.in_force import in_force
from provisioner.core.schema.kind import Kind
from provisioner.kinds import KINDS

NOTHING: Mapping[str, str] = MappingProxyType({})


class ReadingOptions(Struct, frozen=True):
    """The options for reading the files of an editor."""

    environ: Mapping[str, str]
    """The environment variables for `${env.NAME}`."""
    variables: Mapping[str, str]
    """The values of `${var.NAME}`."""
    allowed: Allowed
    """Additional variables and files that may be read."""


class ValidityReport(Struct, frozen=True):
    """The result of validating a configuration."""

    config: Config | None
    """The configuration; None if it is not valid."""
    problems: tuple[Problem, ...] = ()
    """Its problems, as `validate` reports them."""
    warnings: tuple[Problem, ...] = ()
    """Its warnings, as `validate` reports them."""


def load(
    path: Path,
    *,
    env: str | None = None,
    variables: Mapping[str, str] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
    allowed: Allowed = NOTHING_MORE,
    policy: Path | None = None,
) -> Config:
    """
    Read the configuration at `path`, with the overrides of `environments/<env>.yaml`.

    `variables` are the values of `${var.NAME}`, `environ` those of `${env.NAME}`. `allowed` lists variables
    that may be read although they look like keys, and files outside of the folder. `policy` is a file of
    guardrails that tighten those of the configuration. Raises ConfigError, which lists every problem.
    """
    limits = load_policy(policy, KINDS) if policy else None
    config = load_config(path, KINDS, env=env, variables=variables, environ=environ, allowed=allowed)
    return replace(config, guardrails=config.guardrails.tightened(limits)) if limits else config


def check_configuration(load: Callable[[], Config]) -> tuple[Config | None, CheckPart]:
    """
    Validate the configuration that `load` reads. If it is invalid, the returned part lists all
    problems.
    """
    try:
        config = load()
    except ConfigError as error:
        problems = error.problems
        return None, CheckPart("validate", count(len(problems), "problem"), ExitCode.ERROR, problems)
    counts = [count(number, kind.name) for kind, number in count_resources(config) if number]
    return config, CheckPart("validate", ", ".join(counts), warnings=config.warnings)


def ended_grants(config: Config, at: int | None = None) -> tuple[Problem, ...]:
    """
    Return a warning for each grant that has ended at a time (Unix seconds; default: this machine's
    time).
    """
    now = int(time.time()) if at is None else at
    text = "has ended; remove it from the configuration"
    ended = (grant for grant in config.grants if grant.has_ended(now))
    return tuple(Problem(grant.where, grant.address, f"{text} (until {grant.end})") for grant in ended)


def with_grants(config: Config, at: int | None = None) -> Config:
    """
    Return the configuration with the grants in force at a time (Unix seconds; default: this machine's
    time).
    """
    return in_force(KINDS, config, int(time.time()) if at is None else at)


def files_not_loaded(path: Path, project: str) -> list[Path]:
    """List other files in a single file's folder that define resources of the same project."""
    return unread_beside(path, project, KINDS)


def count_resources(config: Config) -> list[tuple[Kind, int]]:
    """Count the resources of each kind."""
    return [(kind, sum(a.section == kind.section for a in config.declared)) for kind in KINDS]


def editor_schema(*, environment: bool = False) -> str:
    """Return as text the JSON Schema of a configuration file, or of a file in `environments/`."""
    from provisioner.config.schema import editor  # noqa: PLC0415 - cold start: only editors need it

    return editor.environment_text(KINDS) if environment else editor.schema_text(KINDS)


def validate(
    path: Path, reading: ReadingOptions, unsaved: Mapping[Path, str], env: str | None = None
) -> ValidityReport:
    """Validate a file or folder; for unsaved files, their text in the editor is used."""
    try:
        config = load_config(path, KINDS, env=env, unsaved=unsaved, **asdict(reading))
    except ConfigError as error:
        return ValidityReport(None, tuple(error.problems))
    return ValidityReport(config, (), (*config.warnings, *ended_grants(config)))


def names(path: Path, unsaved: Mapping[Path, str], env: str | None = None) -> Outline:
    """Return the names defined in a file or folder; raises ConfigError if there is nothing to read."""
    return outline(path, KINDS, unsaved, env)


def section_referred_to(section: str, key: str) -> str:
    """
    Return the section that the values of a key refer to, such as `cardholders`; empty if it is not a
    reference.
    """
    if key == "use":
        return "profiles"
    if section == "grants":
        return key if key in {kind.section for kind in KINDS} else ""
    if section == "scenarios":
        return "cards" if key == "card" else ""
    kinds = [kind for kind in KINDS if section in (kind.section, "profiles")]
    found = (field.refers_to for kind in kinds for field in _all(kind.fields) if field.name == key)
    return next(filter(None, found), "")


def _all(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _all(field.fields)


def monthly_exposure(config: Config) -> Mapping[Address, str]:
    """Return as text the most that each card may spend in a month, within its cardholder's limit."""
    from provisioner.core.plan.exposure import spenders  # noqa: PLC0415 - cold start: only editors need it
    from provisioner.core.plan.plan import make_plan  # noqa: PLC0415 - cold start: as above

    config = with_grants(config)
    plan = make_plan(KINDS, config, Snapshot({}, {}, {}))
    texts = {}
    for spender in spenders(KINDS, plan.surveyed, plan.changes):
        if side := spender.after:
            amount, currency = min(side.own, side.bound), side.pool[1]
            texts[spender.address] = "unlimited" if amount == inf else show_money(int(amount), currency)
    return texts
