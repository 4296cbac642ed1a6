"""Reads the top-level settings: project, mode, account and guardrails."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from provisioner.config.build.sections import Block, Blocks
from provisioner.config.schema.field_schema import AMOUNT_SAYS
from provisioner.config.text.document import Document
from provisioner.config.text.scalar import Secret, from_outside
from provisioner.core.model.config import Guardrails
from provisioner.core.model.errors import Problem, Where
from provisioner.core.model.money import parse_money

VERSION_SAYS = "'version' is missing; start the file with `version: 1`"
SHOWN = ("project", "mode", "account")
SHOWN_SAYS = (
    "appears in output, so it cannot come from the environment or a file; write it here, or use ${var.NAME}"
)
MONEY = ("max_top_up", "max_exposure_added")  # the guardrails that are amounts
PROJECT_SAYS = (
    "'project' is missing; name the project that owns these resources, such as `project: acme-issuing`"
)


class ProjectSettings(NamedTuple):
    """The top-level settings of a run."""

    project: str
    """The name of the project."""
    mode: str
    """`test` or `live`."""
    account: str | None
    """The only account that may be used; None for any."""


def settings(blocks: Blocks) -> ProjectSettings:
    """Return the settings. Missing or invalid ones get a default here, and are reported elsewhere."""
    values = {name: block.value for name, block in blocks.section("").items()}
    account = values.get("account")
    return ProjectSettings(
        str(values.get("project", "")), str(values.get("mode", "test")), str(account) if account else None
    )


def shown_from_outside(document: Document) -> Iterator[Problem]:
    """
    Return problems for settings from the environment or files: these must not be shown, but every plan shows
    settings.
    """
    for name in SHOWN:
        if from_outside(document.value.get(name)):
            yield Problem(document.where((name,)), name, f"{name!r} {SHOWN_SAYS}")


def missing_settings(blocks: Blocks, first: Where) -> Iterator[Problem]:
    """Return problems for required settings that no file has."""
    for name, says in (("version", VERSION_SAYS), ("project", PROJECT_SAYS)):
        if blocks.settings(name) is None:
            yield Problem(first, name, says)


def guardrails(
    blocks: Mapping[str, Block], currencies: Collection[str], problems: list[Problem]
) -> Guardrails:
    """Return the guardrails; an amount without a currency applies to each of `currencies`."""
    money = {name: _by_currency(blocks[name], currencies, problems) for name in MONEY if name in blocks}
    counts = {name: block.value for name, block in blocks.items() if name not in money}
    return Guardrails(
        max_top_up=money.get("max_top_up", {}),
        max_exposure_added=money.get("max_exposure_added", {}),
        max_activated=counts.get("max_activated"),
        max_retired=counts.get("max_retired"),
        max_declined_purchases=counts.get("max_declined_purchases"),
        require_approval=str(counts.get("require_approval") or ""),
    )


def _by_currency(block: Block, currencies: Collection[str], problems: list[Problem]) -> dict[str, int]:
    value = block.value
    if value is None:
        return {}
    if isinstance(value, int):
        return dict.fromkeys(sorted(currencies), value)
    if isinstance(value, str):
        found = _amount(block, value, (), None, problems)
        return {found[0]: found[1]} if found else {}
    limits = {}
    for currency, limit in value.items():
        found = _amount(block, limit, (currency,), currency, problems)
        if found:
            limits[found[0]] = found[1]
    return limits


def _amount(
    block: Block, value: Any, path: tuple[str, ...], currency: str | None, problems: list[Problem]
) -> tuple[str, int] | None:
    if isinstance(value, int):
        return (currency, value) if currency else None
    try:
        money = parse_money(value)
    except ValueError:
        text = AMOUNT_SAYS
    else:
        if currency in (None, money.currency):
            return money.currency, money.amount
        said = "another currency" if isinstance(value, Secret) else money.currency.upper()
        text = f"the amount under {currency!r} is in {said}; use the same currency for both"
    last = block.pieces[-1]
    where = last.document.where((*last.path, *path))
    problems.append(Problem(where, block.address, text))
    return None
