"""The drawing in CONTRIBUTING.md, held against the contracts that the linter enforces."""

import re
import tomllib

from support.pages import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BUILT = PAGE[PAGE.index("## How it is built") : PAGE.index("## Add a kind")]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
INVISIBLE = {"_version"}  # one line, which every floor may name


def floors(package: str) -> list[set[str]]:
    """The floors of a package as the linter has them, from the top down."""
    (layers,) = [c["layers"] for c in CONTRACTS if c["type"] == "layers" and c["containers"] == [package]]
    rooms = [{room.strip() for room in layer.split("|")} - INVISIBLE for layer in layers]
    return [floor for floor in rooms if floor]


def test_the_floors_are_those_that_the_linter_holds() -> None:
    (drawing,) = re.findall(r"^```text\n(.*?)\n\n", BUILT, re.MULTILINE | re.DOTALL)
    drawn = [set(re.split(r" {2,}", line)[0].split(" | ")) for line in drawing.splitlines()]

    assert drawn == floors("provisioner")


def test_the_wings_are_those_that_the_linter_holds() -> None:
    wings = dict(re.findall(r"^(\w+): +([\w |>]+)$", BUILT, re.MULTILINE))

    assert wings.keys() == {"core", "engine", "config", "sandbox"}
    for package, drawn in wings.items():
        assert [set(floor.split(" | ")) for floor in drawn.split(" > ")] == floors(f"provisioner.{package}")


def test_every_room_that_is_named_is_there() -> None:
    named = set(re.findall(r"`([\w/]+/\w+\.py)`", BUILT))

    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / "provisioner" / path).exists()] == []
