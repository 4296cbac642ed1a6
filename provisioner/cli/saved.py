"""Plans in files: written by `plan --out`, read by `show` and `apply`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provisioner.cli.options import Options
from provisioner.cli.private import write_private
from provisioner.core.plan import Plan
from provisioner.core.problem import ProvisionerError
from provisioner.views.document import FORMAT_VERSION, saved_document

NEEDED = {
    "project": str,
    "mode": str,
    "account": str,
    "summary": dict,
    "blast_radius": dict,
    "changes": list,
    "notes": list,
    "source": dict,
}

CHANGE = {"address", "kind", "action", "id", "reason", "edits", "fingerprint"}


def save(path: Path, plan: Plan, options: Options) -> None:
    """
    Save a plan, with the way back to its configuration; values of --var are not kept, they may be secret.

    Raises ProvisionerError when the file cannot be written.
    """
    source = {
        "path": str(options.path),
        "env": options.env,
        "variables": sorted(options.variables),
        "targets": list(options.targets),
        "excludes": list(options.excludes),
    }
    text = json.dumps(saved_document(plan, source), indent=2) + "\n"
    write_private(path, text)


def is_saved(path: Path) -> bool:
    """Whether a path is a saved plan and no configuration: a file that begins as a JSON object."""
    try:
        with path.open("rb") as file:
            return path.suffix not in (".yaml", ".yml") and file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def read(path: Path) -> dict[str, Any]:
    """Read a saved plan; raises ProvisionerError for anything else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        raise ProvisionerError(f"{path} is no saved plan") from None
    if not isinstance(document, dict) or document.get("format_version") != FORMAT_VERSION:
        raise ProvisionerError(f"{path} is no saved plan of format {FORMAT_VERSION}")
    for name, kind in NEEDED.items():
        if not isinstance(document.get(name), kind):
            raise ProvisionerError(f"{path} is no saved plan: {name!r} is missing or no {kind.__name__}")
    for change in document["changes"]:
        if not isinstance(change, dict) or not change.keys() >= CHANGE:
            raise ProvisionerError(f"{path} is no saved plan: a change lacks {', '.join(sorted(CHANGE))}")
    return document


def options_of(saved: Mapping[str, Any], options: Options) -> Options:
    """
    The options under which a plan was made, with the values of variables as given now.

    Raises ProvisionerError for options that the saved plan already decides, and for variables without a
    value.
    """
    source = saved["source"]
    if options.env or options.targets or options.excludes:
        raise ProvisionerError("a saved plan decides --env, --target and --exclude by itself; leave them out")
    if missing := sorted(set(source["variables"]) - set(options.variables)):
        raise ProvisionerError(f"the plan was made with --var {', '.join(missing)}; give the same again")
    return replace(
        options,
        path=Path(source["path"]),
        env=source["env"],
        targets=tuple(source["targets"]),
        excludes=tuple(source["excludes"]),
    )
