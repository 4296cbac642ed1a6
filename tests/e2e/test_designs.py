"""Personalization designs: made once, uploaded once, replaced when they look different, and never deleted."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from e2e.conftest import COMPANY, Desk

SYNC = "No changes. Stripe matches the configuration.\n"
HOLDER = COMPANY + '    phone_number: "+14155552105"\n'
CARD = """
cards:
  desk:
    cardholder: acme
    type: physical
    currency: usd
    status: active
    personalization_design: winter
    shipping:
      name: Acme Inc
      address: {line1: 510 Main Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
"""
DESIGN = """
personalization_designs:
  winter:
    name: Winter
    physical_bundle: Standard black
    card_logo: {file: logo.png}
    lookup_key: winter
    preferences: {is_default: true}
"""


def logo(
    desk: Desk, dot: int = 0, name: str = "logo.png", mode: str = "1", size: tuple[int, int] = (1000, 200)
):
    image = Image.new(mode, size, 255 if mode != "1" else 1)
    image.putpixel((dot, 0), 0 if mode == "1" else 128)
    out = io.BytesIO()
    image.save(out, "PNG")
    (desk.folder / name).write_bytes(out.getvalue())


@pytest.fixture
def branded(desk: Desk) -> Desk:
    logo(desk)
    desk.write(HOLDER + DESIGN + CARD)
    desk.run("apply", "--auto-approve")
    return desk


def designs(desk: Desk) -> list[Any]:
    found = desk.sdk.v1.issuing.personalization_designs.list().data
    return [each for each in found if "provisioner_project" in each.metadata.to_dict()]


def uploads(desk: Desk) -> int:
    return len(desk.sdk.v1.files.list({"purpose": "issuing_logo"}).data)


def test_a_card_has_its_design_and_the_logo_is_uploaded_once(branded: Desk) -> None:
    [design] = designs(branded)
    assert branded.live()["cards.desk"]["personalization_design"] == design.id
    assert (design.name, design.lookup_key, design.preferences.is_default) == ("Winter", "winter", True)
    assert design.physical_bundle == "ics_SandboxStandardBlack"
    assert uploads(branded) == 1

    said = branded.run("plan", "--detailed-exitcode").stdout
    assert SYNC in said
    assert "in review by Stripe" in said
    branded.write((HOLDER + DESIGN + CARD).replace("name: Winter", "name: Cold"))
    branded.run("apply", "--auto-approve")
    assert uploads(branded) == 1
    assert [each.name for each in designs(branded)] == ["Cold"]


def test_another_logo_is_another_design_to_which_the_cards_move(branded: Desk) -> None:
    [before] = designs(branded)
    logo(branded, dot=7)

    document = json.loads(branded.run("plan", "--format", "json").stdout)
    branded.run("apply", "--auto-approve")

    actions = {change["address"]: change["action"] for change in document["changes"]}
    assert actions == {"personalization_designs.winter": "replace", "cards.desk": "update"}
    after = next(each for each in designs(branded) if each.id != before.id)
    assert branded.live()["cards.desk"]["personalization_design"] == after.id
    assert after.lookup_key == "winter"
    assert SYNC in branded.run("plan", "--detailed-exitcode").stdout
    assert uploads(branded) == 2


def test_a_rejection_is_told_with_its_reasons(branded: Desk) -> None:
    [design] = designs(branded)
    reasons: Any = {"card_logo": ["network_name"]}
    branded.sdk.v1.test_helpers.issuing.personalization_designs.reject(
        design.id, {"rejection_reasons": reasons}
    )

    for command in ("plan", "drift"):
        said = branded.run(command, code=None).stdout
        assert "rejected by Stripe (card_logo: network_name); Stripe cancels the cards" in said
    assert "canceled by Stripe (design_rejected); the next apply will create a new card" in said


def test_a_design_that_is_removed_stays_and_this_is_said(branded: Desk) -> None:
    branded.write(HOLDER + DESIGN.replace("winter", "summer"))

    said = branded.run("apply", "--auto-approve", "--allow", "retired=1").stdout

    assert "personalization_designs.winter: is no longer in the configuration, but stays" in said
    assert len(designs(branded)) == 2
    said = branded.run("retire", "personalization_designs.winter", code=1).output
    assert "stays: Stripe cannot delete a personalization design" in said


def test_the_default_moves_in_one_apply(branded: Desk) -> None:
    other = (
        DESIGN.replace("\npersonalization_designs:\n", "")
        .replace("winter", "summer")
        .replace("Winter", "Summer")
    )
    moved = DESIGN.replace("    preferences: {is_default: true}\n", "") + other
    branded.write(HOLDER + moved + CARD)
    branded.run("apply", "--auto-approve")

    assert {each.name: each.preferences.is_default for each in designs(branded)} == {
        "Winter": False,
        "Summer": True,
    }
    assert SYNC in branded.run("plan", "--detailed-exitcode").stdout


def test_a_design_is_imported_without_being_replaced(desk: Desk) -> None:
    made = desk.sdk.v1.issuing.personalization_designs.create(
        {"physical_bundle": "ics_SandboxStandardBlack", "name": "Winter", "lookup_key": "winter"}
    )
    logo(desk)
    desk.write(HOLDER + DESIGN.replace("    preferences: {is_default: true}\n", ""))
    desk.run("import", "personalization_designs.winter", made.id, "--auto-approve")

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    assert [change["address"] for change in document["changes"]] == ["cardholders.acme"]


WRONG = [
    ({"mode": "L"}, "it must be black on white, without gray, color or transparency"),
    ({"size": (100, 200)}, "it has 100 x 200 pixels; a logo has 1000 x 200"),
]


@pytest.mark.parametrize(("made", "says"), WRONG)
def test_a_logo_that_stripe_would_reject_is_found_offline(
    desk: Desk, made: dict[str, Any], says: str
) -> None:
    logo(desk, **made)
    desk.write(HOLDER + DESIGN)

    assert says in desk.run("validate", code=1).output


def test_a_file_that_is_no_picture_or_lies_elsewhere_is_refused(desk: Desk, tmp_path_factory: Any) -> None:
    (desk.folder / "logo.png").write_text("no picture")
    desk.write(HOLDER + DESIGN)
    assert (
        "logo.png cannot be the logo of a card: it is not a PNG image" in desk.run("validate", code=1).output
    )

    elsewhere: Path = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    elsewhere.write_text("secret")
    desk.write(HOLDER + DESIGN.replace("logo.png", str(elsewhere)))
    assert "outside the configuration folder" in desk.run("validate", code=1).output


def test_an_unknown_bundle_is_named_with_a_near_miss(desk: Desk) -> None:
    logo(desk)
    desk.write(HOLDER + DESIGN.replace("Standard black", "Standard blak"))

    said = desk.run("plan", code=1).output

    assert (
        "'physical_bundle': Stripe has none with the name 'Standard blak'; did you mean 'Standard black'?"
        in said
    )


def test_an_apply_that_fails_somewhere_is_finished_by_the_next_one(desk: Desk) -> None:
    logo(desk)
    desk.write(HOLDER + DESIGN + CARD)

    said = desk.run("chaos", "--runs", "14").stdout

    assert "14 of 14 runs ended like a run without failures" in said
