"""Plans in files: written by `plan --out`, read by `show` and `apply`."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import ValidationError, convert
from msgspec.structs import replace

from provisioner.cli.options.shared import Options
from provisioner.config.text.document import files_of
from provisioner.core.approval.integrity import check_time, check_unedited, proven
from provisioner.core.model.errors import ConfigError, ProvisionerError, StaleError
from provisioner.core.plan.document import (
    PLAN_FORMAT,
    OldSavedPlan,
    PlanDocument,
    SavedPlanDocument,
    SourceDocument,
    as_json,
)
from provisioner.core.plan.plan import Plan
from provisioner.engine.private_file import write_private

OLD = "1.0"  # the format before plans were held to all that they show


def save(path: Path, document: PlanDocument, plan: Plan, options: Options, good_for: timedelta) -> None:
    """
    Save a plan's document, with the way back to its configuration, and for how long it is good.

    Values of --var are not kept, they may be secret. Raises ProvisionerError when the file cannot be written.
    """
    created = now()
    source = SourceDocument(
        path=str(options.path),
        from_plan=_relative(options.path, path.parent),
        env=options.env,
        variables=tuple(sorted(options.variables)),
        targets=options.targets,
        excludes=options.excludes,
    )
    expires = (created + good_for).isoformat()
    dated = replace(document, created=created.isoformat(), expires=expires, source=source)
    write_private(path, json.dumps(as_json(proven(dated, plan.seal)), indent=2) + "\n")


def now() -> datetime:
    """The time by which plans are made and expire."""
    return datetime.now(UTC).replace(microsecond=0)


def _relative(path: Path, folder: Path) -> str | None:
    """The way from a folder to a path that no link leads astray, None where there is none (another drive)."""
    try:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(folder))).as_posix()
    except ValueError:
        return None


def is_saved(path: Path) -> bool:
    """Whether a path is a saved plan and no configuration: a file that begins as a JSON object."""
    try:
        with path.open("rb") as file:
            return path.suffix not in (".yaml", ".yml") and file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def read(path: Path) -> SavedPlanDocument | OldSavedPlan:
    """
    Read a saved plan, one of an older format too.

    Raises ProvisionerError for anything else, and StaleError for one that has been edited.
    """
    try:
        text = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        raise ProvisionerError(f"{path} is no saved plan") from None
    version = text.get("format_version") if isinstance(text, dict) else None
    if version not in (PLAN_FORMAT, OLD):
        raise ProvisionerError(f"{path} is no saved plan of format {PLAN_FORMAT}")
    try:
        if version == OLD:
            return convert(text, OldSavedPlan)
        document = convert(text, SavedPlanDocument)
    except ValidationError as error:
        raise ProvisionerError(f"{path} is no saved plan: {error}") from None
    check_unedited(document, text)
    return document


def read_to_apply(path: Path) -> SavedPlanDocument:
    """Read a saved plan that is to be applied; raises as `read` does, and StaleError where it is not good."""
    document = read(path)
    if isinstance(document, OldSavedPlan):
        raise StaleError(
            f"{path} is a saved plan of format {OLD}, which can be shown but is not applied: nothing in it "
            "tells whether it was edited, or what has changed in Stripe since; plan again with this version"
        )
    check_time(document, now())
    return document


def _environment(name: str | None) -> str:
    return f"environment {name}" if name else "no environment"


def _source(planfile: Path, source: SourceDocument) -> Path:
    """
    Where the configuration of a plan is: as seen from the plan's file, else from the current folder.

    The file may have been moved, as an artifact of CI is, and `apply` may be called from anywhere. A wrong
    configuration does no harm, as nothing but what was approved is done. Raises ProvisionerError.
    """
    folder = planfile.resolve().parent
    beside = [] if source.from_plan is None else [folder / source.from_plan]
    places = {Path(_relative(place, Path()) or place): None for place in [*beside, Path(source.path)]}
    for place in places:
        with suppress(ConfigError):
            files_of(place)
            return place
    tried = " nor ".join(str(place.resolve()) for place in places)
    raise ProvisionerError(
        f"{planfile} was made of {source.path}, and there is no configuration at {tried}; apply it in the "
        "folder where it was made"
    )


def options_of(saved: SavedPlanDocument, options: Options) -> Options:
    """
    The options under which a plan was made, with the values of variables as given now.

    Raises ProvisionerError for options that the saved plan already decides, and for variables without a
    value; StaleError where --env demands another environment. The configuration must be there.
    """
    source = saved.source
    if options.targets or options.excludes:
        raise ProvisionerError("a saved plan decides --target and --exclude by itself; leave them out")
    if options.env is not None and options.env != (source.env or ""):
        raise StaleError(
            f"{options.path} is of {_environment(source.env)}, not of {_environment(options.env)}"
        )
    if missing := sorted(set(source.variables) - set(options.variables)):
        raise ProvisionerError(f"the plan was made with --var {', '.join(missing)}; give the same again")
    return replace(
        options,
        path=_source(options.path, source),
        env=source.env,
        targets=source.targets,
        excludes=source.excludes,
    )
