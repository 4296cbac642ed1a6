"""Loads a configuration or a policy from a path. A `ConfigError` lists all problems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from provisioner.config.build.grants import build_grants
from provisioner.config.build.normal_form import Names
from provisioner.config.build.problem import AT_KEY, problem_in
from provisioner.config.build.profiles import Profiles
from provisioner.config.build.resources import Builder
from provisioner.config.build.scenarios import build_scenarios
from provisioner.config.build.sections import PROFILES, SHARED, Block, Blocks, Piece, gather
from provisioner.config.build.settings import (
    MONEY,
    guardrails,
    missing_settings,
    settings,
    shown_from_outside,
)
from provisioner.config.build.variables import Substitution, chosen, may_have_holes
from provisioner.config.schema.configuration import shapes_of
from provisioner.config.schema.grant_fields import SECTION as GRANTS
from provisioner.config.schema.scenario_fields import SECTION as SCENARIOS
from provisioner.config.schema.validate import Shapes
from provisioner.config.text.document import Document, files_of, open_document, overlay_of
from provisioner.config.text.excerpt import with_excerpts
from provisioner.config.text.near import near
from provisioner.config.text.outside import NOTHING_MORE, Allowed, Outside
from provisioner.config.text.scalar import BROKEN
from provisioner.core.model.config import Config, Guardrails
from provisioner.core.model.errors import ConfigError, Problem, Where
from provisioner.core.model.resource import Declared
from provisioner.core.schema.kind import Kind

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_TEXTS: Mapping[Path, str] = MappingProxyType({})
NO_CURRENCY = 'an amount in a policy needs a currency: write "20,000.00 USD", or amounts by currency'


def load_config(
    path: Path,
    kinds: Sequence[Kind],
    *,
    env: str | None = None,
    variables: Mapping[str, str] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
    allowed: Allowed = NOTHING_MORE,
    unsaved: Mapping[Path, str] = NO_TEXTS,
) -> Config:
    """
    Read a file, or every YAML file of a folder, into a valid configuration.

    `environments/<env>.yaml` overrides its values. `variables` and `environ` have the values of `${var.NAME}`
    and `${env.NAME}`; `unsaved` has texts of files open in an editor. Raises ConfigError with all problems.
    """
    problems: list[Problem] = []
    outside = Outside(path if path.is_dir() else path.parent, environ, allowed, unsaved)
    base = [open_document(file, problems, outside) for file in files_of(path)]
    overlays = [open_document(overlay_of(path, env), problems, outside)] if env else []
    shapes = shapes_of(tuple(kinds))
    documents = _fill([*base, *overlays], variables, outside, shapes, problems)
    fitting = [_fits(document, shapes, problems) for document in documents]
    named = frozenset({PROFILES, GRANTS, SCENARIOS, *SHARED, *(kind.section for kind in kinds)})
    blocks = gather(documents[: len(base)], documents[len(base) :], named, problems)
    if whole := _complete(documents):
        problems += missing_settings(blocks, Where(str(base[0].file), 1, 1))
    declared, warnings = _build(kinds, blocks, shapes, documents, outside, problems)
    scenarios = build_scenarios(blocks, declared, shapes, problems, complete=whole)
    grants = build_grants(kinds, blocks, declared, shapes, problems, complete=whole)
    limits = _limits(kinds, blocks, declared, problems) if all(fitting) else Guardrails()
    if not problems and not declared:
        text = (
            f"{path} declares no resources; add at least one of {', '.join(each.section for each in kinds)}"
        )
        problems.append(Problem(None, "", text))
    if problems:
        raise ConfigError(with_excerpts(in_order(problems), {str(d.file): d.text for d in documents}))
    resources = {each.address: each for each in declared}
    return Config(*settings(blocks), resources, limits, scenarios, env, tuple(in_order(warnings)), grants)


def _fill(
    documents: Sequence[Document],
    given: Mapping[str, str],
    outside: Outside,
    shapes: Shapes,
    problems: list[Problem],
) -> list[Document]:
    """Resolve the references (`${...}`) in all documents, using the variables of all documents."""
    in_defaults = Substitution({}, outside, problems, shapes.schema)
    defaults: dict[str, Any] = {}
    for document in documents:
        declared = document.value.get("vars")
        if isinstance(declared, dict):
            defaults |= in_defaults.fill(document, declared, ("vars",))
    values, wrong = chosen(defaults, given)
    problems += [Problem(None, "", text) for text in wrong]
    inside = Substitution(values, outside, problems, shapes.schema)
    filled = [
        replace(document, value=inside.fill_all(document)) if may_have_holes(document) else document
        for document in documents
    ]
    known = defaults.keys() | inside.used
    for name in given.keys() - known:
        text = f"--var {name}: unknown variable{near(name, known)}"
        problems.append(Problem(None, "", text))
    return filled


def _fits(document: Document, shapes: Shapes, problems: list[Problem]) -> bool:
    """
    Check the top level of a document; the contents of blocks are checked after merging.

    Raises ConfigError for a fleet file, because otherwise every line of it would be a problem.
    """
    if "fleet" in document.value and not {"configuration", "roster"}.isdisjoint(document.value):
        says = f"this file describes a fleet; use `provisioner fleet plan {quote(str(document.file.parent))}`"
        raise ConfigError([Problem(document.where(("fleet",), key=True), "", says)])
    problems += shown_from_outside(document)
    misfits = shapes.misfits("file", document.value)
    for misfit in misfits:
        if misfit.value is not BROKEN:
            around = misfit.path[: -1 if misfit.keyword in AT_KEY else None][:2]
            problems.append(problem_in(document, misfit, around))
    return not misfits


def _complete(documents: Sequence[Document]) -> bool:
    """Return whether every file was read completely, so that a missing name is really missing."""
    return all(document.reading.sound for document in documents)


def _build(
    kinds: Sequence[Kind],
    blocks: Blocks,
    shapes: Shapes,
    documents: Sequence[Document],
    outside: Outside,
    problems: list[Problem],
) -> tuple[list[Declared], list[Problem]]:
    """Return the valid resources and their warnings."""
    profiles = Profiles(blocks.section(PROFILES), problems)
    names = Names(
        {kind.section: blocks.section(kind.section) for kind in kinds},
        {kind.section: kind.id_prefix for kind in kinds},
        complete=_complete(documents),
    )
    empties = any(document.reading.empties for document in documents)
    is_live = settings(blocks).mode == "live"
    builder = Builder(shapes, profiles, names, problems, empties, outside, is_live)
    resources = [block for kind in kinds for block in blocks.section(kind.section).values()]
    profiles.unsound |= builder.check_profiles(kinds, resources)
    by_section = {kind.section: kind for kind in kinds}
    built = (builder.build(by_section[block.section], block) for block in resources)
    return [declared for declared in built if declared is not None], builder.warnings


def _limits(
    kinds: Sequence[Kind], blocks: Blocks, declared: Sequence[Declared], problems: list[Problem]
) -> Guardrails:
    by_section = {kind.section: kind for kind in kinds}
    currencies = {by_section[each.address.section].currency(each.address, each.fields) for each in declared}
    return guardrails(blocks.section("guardrails"), {name for name in currencies if name}, problems)


def load_policy(file: Path, kinds: Sequence[Kind]) -> Guardrails:
    """
    Read a policy: a YAML file with the keys of a configuration's `guardrails`.

    Amounts need a currency, because the author of the configuration chooses its currencies. Raises
    ConfigError with all problems and their lines.
    """
    problems: list[Problem] = []
    document = open_document(file, problems, Outside(file.parent, {}))
    if "guardrails" in document.value:
        says = "remove 'guardrails:'; a policy has its keys, such as max_top_up, at the top level"
        raise ConfigError([Problem(document.where(("guardrails",), key=True), "", says)])
    for misfit in shapes_of(tuple(kinds)).misfits("file", {"guardrails": document.value}):
        if misfit.value is not BROKEN:
            path = misfit.path[1:]
            problems.append(problem_in(document, misfit._replace(path=path), path[:-1]))
    blocks = {
        name: Block("", name, (Piece(document, (name,)),), value) for name, value in document.value.items()
    }
    problems += [
        Problem(document.where((name,)), name, NO_CURRENCY)
        for name in MONEY
        if name in blocks and isinstance(blocks[name].value, int)
    ]
    if not problems and not any(block.value is not None for block in blocks.values()):
        says = "a policy needs at least one guardrail, such as `max_retired: 5`"
        problems.append(Problem(Where(str(file), 1, 1), "", says))
    limits = Guardrails() if problems else guardrails(blocks, (), problems)
    if problems:
        raise ConfigError(with_excerpts(in_order(problems), {str(file): document.text}))
    return limits


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Sort problems by file and line, without duplicates: many cards may share a problem of a profile."""
    first: dict[tuple[Where | None, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.where, problem.text), problem)
    return sorted(first.values(), key=lambda problem: (problem.where or Where("", 0, 0), problem.text))
