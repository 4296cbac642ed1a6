"""docs/sandbox.md says what the sandbox has, each row with its source and the tests that hold it."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from reference.sandbox_page import PAGE, TABLES, Row, rows, written

from provisioner.sandbox.api.acts import ACTS
from provisioner.sandbox.api.faults import Effect
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.http.control import CONTROLS
from provisioner.sandbox.rules.common.unknowns import DEFAULTS
from provisioner.sandbox.rules.common.versions import CHANGES

HERE = Path(__file__).parent
WHAT_IT_HAS = {
    "acts": set(ACTS),
    "endpoints": {f"{route.method} {route.path}" for route in ROUTES},
    "switches": set(DEFAULTS),
}
ALL = [(name, row) for name in TABLES for row in rows(name)]


def first(row: Row) -> str:
    """What a row is about."""
    return str(next(iter(row.values())))


def test_the_page_is_what_the_rows_say(request) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        PAGE.write_text(written(page), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written(page), (
        "docs/sandbox.md is stale: python -m tests.reference"
    )


@pytest.mark.parametrize("name", WHAT_IT_HAS)
def test_everything_that_it_has_is_in_one_row_and_nothing_else(name) -> None:
    subjects = [first(row) for row in rows(name)]
    assert sorted(subjects) == sorted(WHAT_IT_HAS[name])


@cache
def functions_of(file: str) -> set[str]:
    module = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", [row for _, row in ALL], ids=first)
def test_each_row_has_a_source_and_tests_that_exist(row: Row) -> None:
    assert row["source"]
    assert row["tests"]
    assert row.get("state", "faithful") in {"faithful", "simplified", "stricter"}
    for test in row["tests"]:
        file, _, name = test.partition("::")
        assert name in functions_of(file), test


def first_cells(heading: str) -> list[str]:
    """The code in the first column of the table under a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_controls_and_faults_are_in_theirs() -> None:
    assert set(first_cells("## Control")) == {f"/_sandbox/{name}" for name in CONTROLS}
    assert set(first_cells("### Faults")) == set(get_args(Effect))


def test_every_change_of_a_version_is_in_its_table() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("### API versions\n")[2].partition("\n#")[0]
    found = re.findall(r"^\| (2\S+) \|.*\| `(\S+)` \|$", section, re.MULTILINE)
    assert found == list(dict.fromkeys((one.version, one.page) for one in CHANGES))
