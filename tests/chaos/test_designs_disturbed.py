"""Designs, which nobody can delete: every disturbance at every request, and two applies at once."""

import io
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from support.depth import DEEP

from provisioner.chaos.embedded import Embedded, embedded
from provisioner.chaos.estate import runs
from provisioner.chaos.estate.runs import NOTHING_TO_DO, Order
from provisioner.chaos.estate.trouble import PEACE
from provisioner.chaos.estate.wire import Mail, Turns, Wire
from provisioner.chaos.run import cells, disturb, rehearse
from provisioner.chaos.sandbox_fixture import SandboxFixture, arena
from provisioner.chaos.scene import Scene
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.kinds import KINDS

SEED = int(os.environ.get("PROVISIONER_SEED", "7"))
SEEDS = 30 if DEEP else 4
BUNDLE = "ics_SandboxStandardBlack"
ADDRESS = {
    "line1": "123 Main Street",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94111",
    "country": "US",
}
HOLDER = {
    "type": "company",
    "name": "Acme Inc",
    "phone_number": "+14155552105",
    "billing": {"address": ADDRESS},
}
CARD = {
    "cardholder": "acme",
    "type": "physical",
    "currency": "usd",
    "status": "active",
    "personalization_design": "winter",
    "shipping": {"name": "Acme Inc", "address": ADDRESS},
}
LOGO = {"card_logo": {"file": "logo.png"}}
CHANGED: dict[str, Any] = {
    "winter": {"carrier_text": {"header_title": "Hello"}, "lookup_key": "winter", **LOGO},
    "spring": {"name": "Spring 2027"},
    "new": {"preferences": {"is_default": True}, **LOGO},
}


@pytest.fixture(scope="module")
def place() -> Iterator[SandboxFixture]:
    with arena() as place:
        yield place


def config(folder: Path, **designs: dict[str, Any]) -> Config:
    """A configuration of designs, and of one physical card that has the first one."""
    out = io.BytesIO()
    Image.new("1", (1000, 200), 1).save(out, "PNG")
    (folder / "logo.png").write_bytes(out.getvalue())
    declared = {name: {"name": name, "physical_bundle": BUNDLE, **more} for name, more in designs.items()}
    sections = {"personalization_designs": declared, "cardholders": {"acme": HOLDER}, "cards": {"desk": CARD}}
    file = folder / "provisioner.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "project": "brand", **sections}))
    return load_config(file, KINDS)


def before(folder: Path) -> Config:
    return config(folder, winter={"lookup_key": "winter"}, spring={}, gone={})


def test_a_disturbed_apply_and_the_next_one_end_as_an_undisturbed_one(
    place: SandboxFixture, tmp_path: Path
) -> None:
    course = rehearse(place, Scene(before(tmp_path), config(tmp_path, **CHANGED)))

    chosen = cells(course, SEED, None if DEEP else 10)
    failed = {str(cell): wrong for cell in chosen if (wrong := disturb(place, course, cell).wrong)}

    assert any("files" in asked for asked in course.asked)
    assert failed == {}, f"seed {SEED}"


def marks(sandbox: Embedded) -> Counter[tuple[str, str]]:
    found = [each["metadata"] for each in sandbox.list("/v1/issuing/personalization_designs")]
    return Counter(
        (each["provisioner_address"], each["provisioner_generation"])
        for each in found
        if "provisioner_address" in each
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_applies_at_once_make_each_design_once(tmp_path: Path, seed: int) -> None:
    first, one = before(tmp_path), config(tmp_path, **CHANGED)
    other = one if seed % 2 else config(tmp_path, **{**CHANGED, "winter": {"name": "Winter 2027", **LOGO}})
    with embedded(seed) as sandbox:
        mail = Mail()
        assert runs.apply(Wire(sandbox, mail), Order(first)).how == "done"
        sandbox.control("clock", {"advance": 600})
        turns = Turns(random.Random(seed), 2)  # noqa: S311
        wires = [Wire(sandbox, mail, PEACE, None, turns.gate(number)) for number in range(2)]

        ended = runs.at_once(wires, [Order(one), Order(other)], turns.leave)

        assert {each.how for each in ended} <= {"done", "partly", "ConflictError"}, ended
        sandbox.control("clock", {"advance": 600})
        while runs.apply(Wire(sandbox, mail), Order(one)) != NOTHING_TO_DO:
            pass
        assert set(marks(sandbox).values()) == {1}
        assert {address for address, _ in marks(sandbox)} == {
            f"personalization_designs.{name}" for name in ("winter", "spring", "new", "gone")
        }
        [card] = [each for each in sandbox.list("/v1/issuing/cards") if each["status"] != "canceled"]
        newest = max(
            (
                each
                for each in sandbox.list("/v1/issuing/personalization_designs")
                if each["metadata"].get("provisioner_address") == "personalization_designs.winter"
            ),
            key=lambda each: int(each["metadata"]["provisioner_generation"]),
        )
        assert card["personalization_design"] == newest["id"]
        assert newest["carrier_text"]["header_title"] == "Hello"
