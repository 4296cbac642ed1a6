"""A file that is not a saved plan any more (cut, edited by hand, of a later version) is refused in words."""

import json
from typing import Any

import pytest
from support.mutate import GONE, places, replaced

from e2e.conftest import CARD, COMPANY, Desk
from provisioner.core.approval.integrity import digest_of

FUNDS = 'balance_targets: {usd: {target: "300.00 USD"}}\n'


@pytest.fixture
def saved(desk: Desk) -> dict[str, Any]:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD.replace("2,000.00", "1,500.00") + FUNDS)
    desk.run("plan", "--out", "plan.json")
    document: dict[str, Any] = json.loads((desk.folder / "plan.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("changes", 1, "action"), "explode", "'explode' - at `$.changes[1].action`"),
        (("changes", 1, "edits"), GONE, "`edits` - at `$.changes[1]`"),
        (("changes", 1, "address"), "ads", "An `address` without its section - at `$.changes[1]`"),
        (("changes", 0, "amount"), GONE, "A top-up without `amount` and `currency` - at `$.changes[0]`"),
        (("blast_radius", "money", 0, "amount"), "300", "at `$.blast_radius.money[0].amount`"),
        (("source",), {}, "`path` - at `$.source`"),
        (("format_version",), "2.0", "not a saved plan of format 1.1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(desk: Desk, saved, place, value, said):
    (desk.folder / "plan.json").write_text(json.dumps(replaced(saved, place, value)), encoding="utf-8")

    for words in (["show", "plan.json"], ["apply", "plan.json"]):
        refused = desk.run(*words, code=1).stderr
        assert "plan.json is not a saved plan" in refused
        assert said in refused
    assert desk.sdk.v1.topups.list().data == []


@pytest.mark.parametrize("value", [GONE, 5, "x", None])
def test_no_view_stumbles_over_a_value_that_is_missing_or_another(desk: Desk, saved, value):
    for place in places(saved):
        forged = replaced(saved, place, value)
        forged["digest"] = digest_of(forged)
        (desk.folder / "plan.json").write_text(json.dumps(forged), encoding="utf-8")
        for form in ("markdown", "html"):
            said = desk.run("show", "plan.json", "--format", form, code=None)
            assert said.exit_code in (0, 1, 4)
            assert "provisioner's own" not in said.stderr, (place, said.stderr)
