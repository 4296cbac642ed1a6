"""Read and check configurations; light to import, because `validate` needs no more."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from provisioner.config.load import load_config, load_policy
from provisioner.config.text.document import unread_beside
from provisioner.config.text.outside import NOTHING_MORE, Allowed
from provisioner.core.model.check import CheckPart
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, ExitCode, Problem
from provisioner.core.model.words import count
from provisioner.core.schema.in_force import in_force
from provisioner.core.schema.kind import Kind
from provisioner.kinds import KINDS

NOTHING: Mapping[str, str] = MappingProxyType({})


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
    Read the configuration at `path`, with `environments/<env>.yaml` over it.

    `variables` are values of `${var.NAME}`, `environ` of `${env.NAME}`; `allowed` is what may be read
    although it looks like a key or lies elsewhere; `policy` is a file of guardrails that tighten the
    configuration's own. Raises ConfigError that carries every problem.
    """
    limits = load_policy(policy, KINDS) if policy else None
    config = load_config(path, KINDS, env=env, variables=variables, environ=environ, allowed=allowed)
    return replace(config, guardrails=config.guardrails.tightened(limits)) if limits else config


def check_configuration(load: Callable[[], Config]) -> tuple[Config | None, CheckPart]:
    """Validate the configuration that `load` reads; without a valid one, the part has all problems."""
    try:
        config = load()
    except ConfigError as error:
        problems = error.problems
        return None, CheckPart("validate", count(len(problems), "problem"), ExitCode.ERROR, problems)
    counts = [count(number, kind.name) for kind, number in count_resources(config) if number]
    return config, CheckPart("validate", ", ".join(counts), warnings=config.warnings)


def ended_grants(config: Config, at: int | None = None) -> tuple[Problem, ...]:
    """Return a warning for each grant that has ended at a time (Unix seconds), or now by this machine."""
    now = int(time.time()) if at is None else at
    text = "has ended; remove it from the configuration"
    ended = (grant for grant in config.grants if grant.has_ended(now))
    return tuple(Problem(grant.where, grant.address, f"{text} (until {grant.end})") for grant in ended)


def with_grants(config: Config, at: int | None = None) -> Config:
    """Return the configuration with the grants that hold at a time (Unix seconds), or now by this machine."""
    return in_force(KINDS, config, int(time.time()) if at is None else at)


def files_not_loaded(path: Path, project: str) -> list[Path]:
    """List the files beside a single file that declare resources of the same project."""
    return unread_beside(path, project, KINDS)


def count_resources(config: Config) -> list[tuple[Kind, int]]:
    """Count the declared resources of each kind."""
    return [(kind, sum(a.section == kind.section for a in config.declared)) for kind in KINDS]


def editor_schema(*, environment: bool = False) -> str:
    """Return the JSON Schema of a configuration file, or of a file in `environments/`, as text."""
    from provisioner.config.schema import editor  # noqa: PLC0415 - cold start: only editors need it

    return editor.environment_text(KINDS) if environment else editor.schema_text(KINDS)
