"""`--sandbox`: nobody's account and nobody's key, whatever configuration and environment say."""

import json
import re
import shutil
from pathlib import Path

import pytest

from e2e.conftest import COMPANY, Desk

ROOT = Path(__file__).parents[2]

LIVE = f"""version: 1
project: desk
mode: live
account: acct_1NotTheSandbox
{COMPANY}
cards:
  ads: {{cardholder: acme, type: virtual, currency: usd, status: active}}
balance_targets: {{usd: {{target: "100.00 USD"}}}}
scenarios: {{buys: {{card: ads, amount: "5.00 USD", category: advertising_services, expect: approved}}}}
"""


@pytest.fixture
def live(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk of live mode: its key would be refused by the sandbox, and its address answers nobody."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_canary51Key")
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    desk.write(LIVE)
    return desk


def test_every_command_works_on_a_configuration_for_live_mode(live: Desk):
    live.run("plan", "--sandbox", "--out", "plan.json")
    live.run("apply", "plan.json", "--sandbox")
    assert "No changes." in live.run("plan", "--sandbox").stdout
    assert "No drift" in live.run("drift", "--sandbox", "--cache", "some.cache").stdout
    assert "No drift" in live.run("drift", "--sandbox", "--cache", "some.cache").stdout
    assert "acme:" in live.run("export", "--sandbox", "--project", "desk", "--mode", "live").stdout
    live.run("import", "--all", "--sandbox", "--auto-approve")
    live.run("doctor", "--sandbox")
    live.run("test", "--sandbox")
    live.run("simulate", "purchase", "ads", "--amount", "1.00 USD", "--sandbox")
    live.write(LIVE.replace("  ads:", "  other:").replace("card: ads", "card: other"))
    live.run("retire", "cards.ads", "--sandbox", "--auto-approve")
    live.run("destroy", "--sandbox", "--auto-approve")


def test_an_environment_of_live_mode_is_tried_alike(live: Desk):
    live.write(LIVE.replace("mode: live\naccount: acct_1NotTheSandbox\n", ""))
    live.write("mode: live\naccount: acct_1NotTheSandbox\n", "environments/live.yaml")

    assert "1 to update" not in live.run("plan", "--env", "live", "--sandbox").stdout


def test_without_any_key_init_and_what_it_says_next_work(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STRIPE_API_KEY", "rk_live_canary51Key")
    monkeypatch.delenv("STRIPE_API_BASE")
    said = desk.run("init").stdout
    steps = re.findall(r"^  provisioner (.*--sandbox)$", said, re.MULTILINE)

    assert steps == ["plan --sandbox", "apply --sandbox"]
    desk.run(*steps[0].split())
    desk.run(*steps[1].split(), "--auto-approve")


def test_a_new_sandbox_says_where_it_is_once(desk: Desk):
    desk.write(LIVE)
    state = desk.folder / ".provisioner" / "sandbox.db"
    first, second = (desk.run("plan", "--sandbox").stderr for _ in range(2))

    assert f"Created an empty sandbox: {state} (each folder has its own).\n" in first
    assert "new sandbox" not in second


def test_with_json_a_new_sandbox_leaves_stdout_alone(desk: Desk):
    desk.write(LIVE)

    assert json.loads(desk.run("plan", "--sandbox", "--format", "json").stdout)["mode"] == "test"


def test_a_fleet_of_live_mode_is_tried_alike(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_canary51Key")
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    folder = desk.folder / "fleet"
    shutil.copytree(ROOT / "examples" / "fleet", folder)
    for file in ("fleet.yaml", "template/shop.yaml"):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(re.sub("(?m)^mode: test.*$", "mode: live", text), encoding="utf-8")

    assert "mode: live" in (folder / "fleet.yaml").read_text(encoding="utf-8")
    desk.run("fleet", "apply", "fleet", "--sandbox", "--auto-approve")
