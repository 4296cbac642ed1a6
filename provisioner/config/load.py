"""The way in: a path becomes a `Config`, or a `ConfigError` with every problem of the configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from provisioner.core.kind import Kind
from provisioner.core.model import Config
from provisioner.core.problem import ConfigError, Problem

NOTHING: Mapping[str, str] = MappingProxyType({})


def load_config(
    path: Path,
    kinds: Sequence[Kind],
    *,
    env: str | None = None,
    variables: Mapping[str, str] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
) -> Config:
    """
    Read a file, or every YAML file of a folder, into a sound configuration.

    `env` lays `environments/<env>.yaml` over it; `variables` are the `--var` values, `environ` what
    `${env.NAME}` reads. Raises ConfigError that carries all problems, in the order of files and lines.
    """
    raise ConfigError([Problem(None, "", f"{path} with {len(kinds)} kinds {env} {variables} {environ}")])
