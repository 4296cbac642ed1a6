"""docs/sandbox.md names everything that the sandbox has, and nothing that it has not."""

import re
from pathlib import Path
from typing import get_args

from provisioner.sandbox.api.acts import ACTS
from provisioner.sandbox.api.faults import Effect
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.http.control import CONTROLS
from provisioner.sandbox.rules.common.unknowns import DEFAULTS
from provisioner.sandbox.rules.common.versions import CHANGES

DOCS = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """The code in the first column of the table under a heading."""
    section = DOCS.partition(f"{heading}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_endpoint_is_in_the_table() -> None:
    assert set(first_cells("## Endpoints")) == {f"{route.method} {route.path}" for route in ROUTES}


def test_controls_acts_faults_and_switches_are_in_theirs() -> None:
    assert set(first_cells("## Control")) == {f"/_sandbox/{name}" for name in CONTROLS}
    assert set(first_cells("### Faults")) == set(get_args(Effect))
    assert {act for act in ACTS if f"`{act}`" not in DOCS} == set()
    defaults = re.findall(r"^\| `(\w+)` \| (on|off) \|", DOCS, re.MULTILINE)
    assert dict(defaults) == {name: "on" if value else "off" for name, value in DEFAULTS.items()}


def test_every_scope_of_keys_is_named() -> None:
    assert {route.scope for route in ROUTES if f"`{route.scope}`" not in DOCS} == set()


def test_every_change_of_a_version_is_in_its_table() -> None:
    section = DOCS.partition("### API versions\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (2\S+) \|.*\| `(\S+)` \|$", section, re.MULTILINE)
    assert rows == list(dict.fromkeys((one.version, one.page) for one in CHANGES))
