"""Plans name what is likely a mistake, and the command that fixes it; environments have sandboxes apart."""

import json
from typing import Any

from e2e.conftest import COMPANY, Desk

ADDRESS = {
    "line1": "510 Canary Street",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94103",
    "country": "US",
}


def made_by_hand(desk: Desk, name: str, email: str) -> str:
    params: Any = {"type": "company", "name": name, "email": email, "billing": {"address": ADDRESS}}
    return str(desk.sdk.v1.issuing.cardholders.create(params).id)


def test_a_cardholder_that_exists_unmanaged_is_named_with_the_import(desk: Desk) -> None:
    twin = made_by_hand(desk, "Acme Inc", "canary@acme.example")
    other = made_by_hand(desk, "Acme Inc", "another@acme.example")
    desk.write(COMPANY)

    notes = json.loads(desk.run("plan", "--format", "json").stdout)["notes"]

    [note] = [each for each in notes if each["address"] == "cardholders.acme"]
    assert f"provisioner import cardholders.acme {twin}" in note["text"]
    assert other not in note["text"]
    assert "canary" not in note["text"]
    desk.run("import", "cardholders.acme", twin, "--auto-approve")
    assert json.loads(desk.run("plan", "--format", "json").stdout)["notes"] == []


def test_environments_have_sandboxes_apart(desk: Desk) -> None:
    desk.write(COMPANY)
    for name in ("dev", "prod"):
        desk.write("version: 1\n", f"environments/{name}.yaml")

    desk.run("apply", "--env", "dev", "--sandbox", "--auto-approve")

    assert "No changes." in desk.run("plan", "--env", "dev", "--sandbox").stdout
    assert "1 to create" in desk.run("plan", "--env", "prod", "--sandbox").stdout
    assert "1 to create" in desk.run("plan", "--sandbox").stdout
    assert (desk.folder / ".provisioner" / "sandbox-dev.db").exists()
