"""Saved plans: written by `plan --out`, read by `show` and `apply`."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import UNSET, MsgspecError, Struct, ValidationError, convert
from msgspec.json import decode
from msgspec.structs import replace

from provisioner.cli.git import commit_of
from provisioner.cli.options.shared import Options
from provisioner.config.text.document import files_of
from provisioner.core.approval.integrity import check_time, check_unedited, proven
from provisioner.core.model.errors import ConfigError, ProvisionerError, StaleError
from provisioner.core.model.json_text import json_text
from provisioner.core.plan.document import (
    PLAN_FORMAT,
    OldSavedPlan,
    PlanDocument,
    SavedPlanDocument,
    SourceDocument,
)
from provisioner.core.plan.plan import Plan
from provisioner.core.purchases.backtest_report import without_merchants
from provisioner.engine.private_file import write_private

OLD = "1.0"  # an older format, from before apply compared everything that a plan shows with the current state


def save(path: Path, document: PlanDocument, plan: Plan, options: Options, good_for: timedelta) -> None:
    """
    Save a plan, with the path of its configuration and its expiry.

    Values of --var are not saved, because they may be secret; neither are the names of merchants. Raises
    ProvisionerError if the file cannot be written.
    """
    created = now()
    source = SourceDocument(
        path=str(options.path),
        from_plan=_relative(options.path, path.parent),
        env=options.env,
        variables=tuple(sorted(options.variables)),
        targets=options.targets,
        excludes=options.excludes,
        commit=commit_of(options.path),
    )
    expires = (created + good_for).isoformat()
    if document.backtest is not UNSET:
        document = replace(document, backtest=without_merchants(document.backtest))
    dated = replace(document, created=created.isoformat(), expires=expires, source=source)
    write_private(path, chain(json_text(proven(dated, plan.seal)), ["\n"]))


class _Saved(Struct):
    """The two members by which a saved plan, of any format, is known among other JSON files."""

    format_version: Any
    """The version of its format."""
    fingerprint: Any
    """The digest of the plan."""


def check_free(path: Path) -> None:
    """
    Raise ProvisionerError if saving a plan to `path` would replace a file that is not a saved plan.

    An empty file may be replaced. Links are not checked here, because `save` refuses to write through them.
    """
    if path.is_symlink() or not path.is_file() or not path.stat().st_size:
        return
    try:
        decode(path.read_bytes(), type=_Saved)
    except (ValueError, MsgspecError, OSError, RecursionError):
        raise ProvisionerError(
            f"{path} exists and is not a saved plan; it was not changed. Use another file, such as plan.json"
        ) from None


def now() -> datetime:
    """Return the current time to the second, as plans record it."""
    return datetime.now(UTC).replace(microsecond=0)


def _relative(path: Path, folder: Path) -> str | None:
    """Return a path relative to a folder, with links resolved; None if it is on another drive."""
    try:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(folder))).as_posix()
    except ValueError:
        return None


def is_saved(path: Path) -> bool:
    """
    Return whether a path is a saved plan rather than a configuration: a file that begins with a JSON
    object.
    """
    try:
        with path.open("rb") as file:
            return path.suffix not in (".yaml", ".yml") and file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def read(path: Path) -> SavedPlanDocument | OldSavedPlan:
    """
    Read a saved plan of the current or the older format.

    Raises ProvisionerError for any other file, and StaleError for a plan that was edited.
    """
    try:
        text = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        raise ProvisionerError(f"{path} is not a saved plan") from None
    version = text.get("format_version") if isinstance(text, dict) else None
    if version not in (PLAN_FORMAT, OLD):
        raise ProvisionerError(f"{path} is not a saved plan of format {PLAN_FORMAT}")
    try:
        if version == OLD:
            return convert(text, OldSavedPlan)
        document = convert(text, SavedPlanDocument)
    except ValidationError as error:
        raise ProvisionerError(f"{path} is not a saved plan: {error}") from None
    check_unedited(document, text)
    return document


def read_to_apply(path: Path) -> SavedPlanDocument:
    """Read a saved plan to apply; raises as `read` does, and StaleError if it cannot be applied."""
    document = read(path)
    if isinstance(document, OldSavedPlan):
        raise StaleError(
            f"{path} is a saved plan of format {OLD}, which can be shown but not applied: it does not record "
            "enough to detect edits and later changes in Stripe; plan again with this version"
        )
    check_time(document, now())
    return document


def _environment(name: str | None) -> str:
    return f"environment {name}" if name else "no environment"


def _source(planfile: Path, source: SourceDocument) -> Path:
    """
    Find the configuration of a plan, relative to the plan's file or to the current folder.

    The file may have been moved, as CI artifacts are, and `apply` may run in any folder. A wrong
    configuration does no harm, because only approved changes are made. Raises ProvisionerError if there is
    none.
    """
    folder = planfile.resolve().parent
    beside = [] if source.from_plan is None else [folder / source.from_plan]
    places = {Path(_relative(place, Path()) or place): None for place in [*beside, Path(source.path)]}
    for place in places:
        with suppress(ConfigError):
            files_of(place)
            return place
    tried = " or ".join(str(place.resolve()) for place in places)
    raise ProvisionerError(
        f"{planfile} was made from {source.path}, but there is no configuration at {tried}; apply it in the "
        "folder where it was made"
    )


def options_of(saved: SavedPlanDocument, options: Options) -> Options:
    """
    Return the options with which a plan was made, together with the current values of variables.

    Raises ProvisionerError for options that cannot be used with a saved plan, for missing variables and for a
    missing configuration, and StaleError if --env names another environment.
    """
    source = saved.source
    if options.targets or options.excludes:
        raise ProvisionerError("--target and --exclude cannot be used with a saved plan")
    if options.env is not None and options.env != (source.env or ""):
        raise StaleError(
            f"{options.path} was made for {_environment(source.env)}, not for {_environment(options.env)}"
        )
    if missing := sorted(set(source.variables) - set(options.variables)):
        raise ProvisionerError(
            f"the plan was made with --var {', '.join(missing)}; pass the same variables again"
        )
    return replace(
        options,
        path=_source(options.path, source),
        env=source.env,
        targets=source.targets,
        excludes=source.excludes,
    )
