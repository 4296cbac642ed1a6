"""Answers an editor's questions about a configuration: problems, names, and the monthly exposure of cards."""

import time
from collections.abc import Iterator, Mapping
from math import inf
from pathlib import Path

from msgspec import Struct

from provisioner.app.configuration import ended_grants
from provisioner.config.load import load_config
from provisioner.config.outline import Outline, outline
from provisioner.config.text.outside import Allowed
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, Problem
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.exposure import spenders
from provisioner.core.plan.plan import make_plan
from provisioner.core.schema.field import Field
from provisioner.core.schema.in_force import in_force
from provisioner.kinds import KINDS


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


def validate(
    path: Path, reading: ReadingOptions, unsaved: Mapping[Path, str], env: str | None = None
) -> ValidityReport:
    """Validate a file or folder; for unsaved files, their text in the editor is used."""
    try:
        config = load_config(
            path,
            KINDS,
            env=env,
            variables=reading.variables,
            environ=reading.environ,
            allowed=reading.allowed,
            unsaved=unsaved,
        )
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
    config = in_force(KINDS, config, int(time.time()))
    plan = make_plan(KINDS, config, Snapshot({}, {}, {}))
    texts = {}
    for spender in spenders(KINDS, plan.surveyed, plan.changes):
        if side := spender.after:
            amount, currency = min(side.own, side.bound), side.pool[1]
            texts[spender.address] = "unlimited" if amount == inf else show_money(int(amount), currency)
    return texts
