"""Text that lives in Stripe means itself when it is exported and loaded; it never reads a key or a file."""

from pathlib import Path
from typing import Any

import pytest
from e2e.conftest import KEY, Desk, body
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.depth import thorough

from provisioner.config.export import export
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import take_inventory
from provisioner.engine.read.projection import observer
from provisioner.kinds import KINDS, cardholder

HOLES = "${env.STRIPE_API_KEY} $${env.HOME} ${file.provisioner.yaml} ${var.x} ${"
ADDRESS = {"line1": "${env.STRIPE_API_KEY}", "city": "Oakland", "postal_code": "94111", "country": "US"}
ODD_ID = "ich_1\ncards: {a: {}}\n#"


def make(desk: Desk) -> None:
    """A cardholder and a card that somebody with the Dashboard has filled with holes."""
    billing = {"address": {**ADDRESS, "state": "CA"}}
    holder = desk.sdk.v1.issuing.cardholders.create(
        {"name": "Acme Inc", "type": "company", "billing": billing, "metadata": {"note": HOLES}}
    )
    card = {"cardholder": holder.id, "currency": "usd", "type": "virtual", "status": "inactive"}
    desk.sdk.v1.issuing.cards.create({**card, "metadata": {"note": HOLES, "${env.HOME}": "key"}})


@pytest.mark.parametrize("start", ["export", "init"])
def test_no_key_reaches_stripe_by_what_stripe_itself_holds(desk: Desk, start: str):
    make(desk)
    if start == "export":
        desk.write(desk.run("export").stdout)
    else:
        desk.run("init", "--from-stripe")

    desk.run("import", "--all", "--auto-approve")
    desk.run("apply", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout).startswith("No changes.")
    cards, holders = desk.live(), desk.live("cardholders")
    [card], [holder] = cards.values(), holders.values()
    assert card["metadata"]["note"] == holder["metadata"]["note"] == HOLES
    assert card["metadata"]["${env.HOME}"] == "key"
    assert holder["billing"]["address"]["line1"] == ADDRESS["line1"]
    assert KEY not in str([cards, holders])


def exported(holder: dict[str, Any]) -> str:
    world = Snapshot({}, {}, {cardholder.KIND.resource: [observer(cardholder.KIND)(holder)]})
    return export(KINDS, "p", "test", world, take_inventory(KINDS, Config("p", "test", None, {}), world))


# what metadata may hold (docs.stripe.com/api/metadata), and the beginnings of holes oftener than by chance
texts = st.one_of(
    st.text(min_size=1, max_size=300),
    st.lists(st.sampled_from(["$", "{", "}", "${", "\\", "\n", "env.HOME", "é", '"', "a b"]), min_size=1).map(
        "".join
    ),
)
keys = st.text(st.characters(exclude_characters="[]", exclude_categories=("Cs",)), min_size=1, max_size=40)


@settings(max_examples=thorough(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    metadata=st.dictionaries(keys.filter(lambda key: not key.startswith("provisioner_")), texts, max_size=4)
)
@example(metadata={"08": "09111", "no": "0o7", "1_0": "1:30"})
@example(metadata={"${env.HOME}": "${env.HOME}", "<<": "$$${", "~": "~", "a" * 40: "\x1b[31m\x00\ufeff\x85"})
def test_any_text_survives_an_export_and_a_load(tmp_path: Path, metadata: dict[str, str]):
    holder = {"id": "ich_1", "name": "Acme", "type": "company", "status": "active", "metadata": metadata}
    file = tmp_path / "a.yaml"
    billing = {"address": {**ADDRESS, "state": "CA"}}
    file.write_text(exported({**holder, "billing": billing}), encoding="utf-8")

    fields = load_config(file, KINDS, environ={"HOME": "h"}).declared[Address("cardholders", "acme")].fields

    assert fields.get("metadata", {}) == metadata
    assert fields["billing"]["address"]["line1"] == ADDRESS["line1"]


def test_an_id_that_is_no_id_adds_no_line():
    holder = {"id": ODD_ID, "name": "Acme", "type": "company", "status": "active", "metadata": {}}

    assert "cards:" not in exported({**holder, "billing": {"address": {**ADDRESS, "state": "CA"}}})


OUTSIDE = {
    "a variable": ("note: '${var.x}'", ["--var", "x=${env.CANARY}"]),
    "a default": ("note: '${var.d}'", []),
    "the environment": ("note: '${env.HOLE}'", []),
    "a file": ("note: '${file.hole}'", []),
    "a part of a text": ("note: 'a ${env.HOLE} ${var.d}'", []),
    "a key": ("'${env.CANARY}': x", []),
    "a profile": ("from: profile", []),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_fills_a_hole_is_not_read_for_holes(desk: Desk, monkeypatch: pytest.MonkeyPatch, case: str):
    monkeypatch.setenv("CANARY", "canary-that-must-not-leave")
    monkeypatch.setenv("HOLE", "${env.CANARY}")
    (desk.folder / "hole").write_text("${env.CANARY}")
    entry, options = OUTSIDE[case]
    desk.write(
        f"""
vars: {{x: "", d: "$${{env.CANARY}}"}}
profiles: {{p: {{metadata: {{a: "$${{env.CANARY}}"}}}}}}
cardholders:
  acme:
    use: p
    name: Acme
    type: company
    metadata: {{{entry}}}
    billing: {{address: {{line1: a, city: b, state: CA, postal_code: "94111", country: US}}}}
"""
    )
    desk.write("cardholders: {acme: {metadata: {b: '$${env.CANARY}'}}}", "environments/prod.yaml", project="")

    desk.run("apply", "--auto-approve", "--env", "prod", *options)

    live = desk.live("cardholders")["cardholders.acme"]["metadata"]
    assert (live["a"], live["b"]) == ("${env.CANARY}", "${env.CANARY}")
    assert "canary-that-must-not-leave" not in str(live)


def test_a_hole_that_an_escape_hides_is_one_wherever_else_holes_are(tmp_path: Path):
    """Its meaning must not hang on whether the file has another hole."""
    text = """\
version: 1
project: p
cardholders:
  acme:
    name: Acme
    type: company
    metadata: {a: "\\x24{var.x}"}
    billing: {address: {line1: a, city: b, state: CA, postal_code: "94111", country: US}}
"""
    (tmp_path / "a.yaml").write_text(text)

    declared = load_config(tmp_path, KINDS, variables={"x": "y"}).declared[Address("cardholders", "acme")]

    assert declared.fields["metadata"] == {"a": "y"}
