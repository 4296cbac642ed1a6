"""`--notify`: a webhook and a command hear how an apply or a look for drift has ended, and change nothing."""

import json
import os
import select
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from msgspec.structs import replace
from support.fake_webhook import SECRET, FakeWebhook, fake_webhook

from e2e.conftest import COMPANY, KEY, Desk
from provisioner.notify import send

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "notice.schema.json").read_text(encoding="utf-8"))
LIMIT = "spending_controls: {{spending_limits: [{{amount: {0}, interval: monthly}}]}}"
CARD = "cards:\n  ads: {{cardholder: acme, type: virtual, currency: usd, status: active, {0}}}\n"
MONEY = 'balance_targets:\n  usd: {target: "300.00 USD"}\n'
DONE = "Apply complete: 2 created, 0 updated, 0 replaced, 0 retired, 0 imported; topped up $300.00."
NOBODY = "the --notify target is neither an https:// address nor a command that exists"
LISTENER = """#!/bin/sh
cat > heard.json
echo "$PROVISIONER_OUTCOME/$PROVISIONER_EXITCODE/$PROVISIONER_SUMMARY/$STRIPE_API_KEY" > heard.env
echo "a word on stdout"
"""


@pytest.fixture
def webhook() -> Iterator[FakeWebhook]:
    with fake_webhook() as running:
        yield running


@pytest.fixture
def listener(desk: Desk) -> str:
    """A command that keeps what it hears; its name has a space."""
    script = desk.folder / "my listener"
    script.write_text(LISTENER, encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return shlex.quote("./my listener")


def declare(desk: Desk, limit: int = 200_000, more: str = "") -> None:
    desk.write(COMPANY + CARD.format(LIMIT.format(limit)) + more)


def drifted(desk: Desk) -> None:
    """A card whose limit was raised in the Dashboard."""
    declare(desk)
    desk.run("apply", "--auto-approve")
    limits = [{"amount": 900_000, "interval": "monthly"}]
    desk.sdk.v1.issuing.cards.update(
        desk.live()["cards.ads"]["id"], {"spending_controls": {"spending_limits": limits}}
    )


def heard(desk: Desk) -> dict:
    """What the command was given, after a look at the schema."""
    notice = json.loads((desk.folder / "heard.json").read_text(encoding="utf-8"))
    Draft7Validator(SCHEMA).validate(notice)
    assert notice.keys() <= SCHEMA["properties"].keys()
    return notice


def test_an_apply_tells_what_was_done(desk: Desk, webhook, listener):
    declare(desk, more=MONEY)

    done = desk.run("apply", "--auto-approve", "--notify", webhook.url, "--notify", listener)

    (message,) = webhook.messages
    notice = heard(desk)
    account = notice["account"]
    assert message["text"] == (
        f":white_check_mark: *{DONE}*\n"
        f"`provisioner apply` for `desk`, test mode, account `{account}`\n"
        "Top-ups: $300.00"
    )
    assert [block["type"] for block in message["blocks"]] == ["section", "section"]
    assert (notice["outcome"], notice["exitcode"]) == ("done", 0)
    assert notice["money"] == [{"currency": "usd", "amount": 30_000}]
    assert [result["outcome"] for result in notice["result"]["results"]] == ["done"] * 3
    assert (desk.folder / "heard.env").read_text() == f"done/0/{DONE}/\n"
    assert "a word on stdout" not in done.stdout
    assert "Warning" not in done.output


def test_what_is_told_is_what_the_format_json_prints(desk: Desk, listener):
    declare(desk)

    printed = desk.run("apply", "--auto-approve", "--format", "json", "--notify", listener).stdout

    assert heard(desk)["result"] == json.loads(printed)


def test_nothing_to_do_and_no_drift_are_no_news(desk: Desk, webhook):
    declare(desk)
    desk.run("apply", "--auto-approve")

    desk.run("apply", "--auto-approve", "--notify", webhook.url)
    desk.run("drift", "--notify", webhook.url)

    assert webhook.messages == []


def test_drift_tells_what_moved(desk: Desk, webhook, listener, monkeypatch):
    drifted(desk)
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/acme/-/jobs/7")
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)

    printed = desk.run("drift", "--notify", webhook.url, "--notify", listener, "--format=json", code=2).stdout

    (message,) = webhook.messages
    text = message["text"]
    assert heard(desk)["account"].startswith("acct_")
    assert ":warning: *Drift: 1 change made outside of provisioner.*" in text
    assert "1 change raised spending without a review" in text
    assert (
        "= $2,000.00 (200000) per month (configuration) -&gt; $9,000.00 (900000) per month (Stripe)" in text
    )
    assert "<https://gitlab.example/acme/-/jobs/7|This run>" in message["blocks"][-1]["elements"][0]["text"]
    assert heard(desk)["result"] == json.loads(printed)


def test_a_guardrail_and_a_stale_plan_are_told(desk: Desk, webhook, listener):
    declare(desk, more='guardrails: {max_top_up: "1.00 USD"}\n' + MONEY)

    desk.run("apply", "--auto-approve", "--notify", webhook.url, "--notify", listener, code=3)
    guarded = heard(desk)
    drifted(desk)
    declare(desk, 300_000)
    desk.run("plan", "--out", "plan.json")
    declare(desk, 400_000)
    desk.run("apply", "plan.json", "--notify", listener, code=4)
    stale = heard(desk)

    assert guarded["outcome"] == "guardrail"
    assert guarded["title"] == "Blocked by a guardrail; nothing was changed"
    assert "top-ups of $300.00 exceed" in guarded["lines"][0]
    assert guarded["lines"][-1].startswith("Plan: 2 to create")
    assert guarded["money"] == []
    assert "--allow top_up=300.00USD" in webhook.messages[0]["text"]
    assert (stale["outcome"], stale["project"], stale["path"]) == ("stale", "desk", "plan.json")


def test_all_guardrails_that_stop_an_apply_are_told_at_once(desk: Desk, listener):
    limits = 'guardrails: {max_top_up: "1.00 USD", max_activated: 0, require_approval: broadening}\n'
    declare(desk, more=limits + MONEY)
    planned = json.loads(desk.run("plan", "--format", "json").stdout)["stopped_by"]

    desk.run("apply", "--auto-approve", "--notify", listener, code=3)

    assert len(planned) == 3
    assert heard(desk)["lines"][:4] == [*(each["text"] for each in planned), "Nothing was changed."]


def test_an_apply_that_fails_half_way_is_told(desk: Desk, listener, monkeypatch):
    declare(desk)
    permissions = dict.fromkeys(("issuing_cardholder", "balance", "topup", "account"), "write")
    restricted = {"key": "rk_test_canary", "permissions": {**permissions, "issuing_card": "read"}}
    desk.control("keys", json.dumps(restricted).encode())
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_canary")

    desk.run("apply", "--auto-approve", "--notify", listener, code=5)

    notice = heard(desk)
    assert (notice["outcome"], notice["exitcode"]) == ("partly", 5)
    assert notice["title"] == "Apply incomplete: 1 created; 1 failed."
    assert notice["lines"][0].startswith("cards.ads: FAILED to create: ")


def test_a_wrong_key_and_an_unsound_configuration_are_told(desk: Desk, webhook, listener, monkeypatch):
    declare(desk)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_canary")
    desk.run("drift", "--notify", webhook.url, "--notify", listener, code=7)
    refused = heard(desk)
    desk.write("cards: {ads: {typ: virtual}}\n")
    desk.run("drift", "--notify", listener, code=1)
    unsound = heard(desk)

    assert (refused["outcome"], refused["project"], refused["mode"]) == ("access", "desk", "test")
    assert "sk_live_canary" not in json.dumps([refused, webhook.messages])
    assert unsound["outcome"] == "failed"
    assert "provisioner.yaml:" in unsound["lines"][0]
    assert unsound["result"]["problems"]


def test_the_environment_names_targets_one_a_line(desk: Desk, webhook, listener, monkeypatch):
    declare(desk)
    monkeypatch.setenv("PROVISIONER_NOTIFY", f"{webhook.url}\n\n{listener}\n")

    desk.run("apply", "--auto-approve")

    assert len(webhook.messages) == 1
    assert heard(desk)["outcome"] == "done"


@pytest.mark.parametrize(
    ("answers", "messages", "warned"),
    [
        ([500], 2, ""),
        ([500, 500], 2, "it returned HTTP 500"),
        ([404], 1, "it returned HTTP 404, no_service"),
        ([302], 1, "it redirects (HTTP 302)"),
    ],
)
def test_what_a_webhook_answers_changes_nothing(desk: Desk, webhook, answers, messages, warned):
    drifted(desk)
    webhook.answers, webhook.said = answers, b"no_service"

    done = desk.run("drift", "--notify", webhook.url, "-v", code=2)

    host = webhook.base.removeprefix("http://")
    assert len(webhook.messages) == messages
    assert (f"Warning: the webhook at {host} was not notified: {warned}" in done.stderr) is bool(warned)
    assert SECRET.rpartition("/")[2] not in done.output


@pytest.mark.parametrize(
    ("target", "warned"),
    [
        (
            f"https://127.0.0.1:1/{SECRET}",
            "the webhook at 127.0.0.1:1 was not notified: connection refused by 127.0.0.1:1",
        ),
        (f"http://127.0.0.1:99999/{SECRET}", "the --notify target is not a valid address"),
        (f"https:// 1/{SECRET}", "the --notify target is not a valid address"),
        (f"htps://127.0.0.1/{SECRET}", f"{NOBODY}; an address must begin with https://"),
        (f"hooks.slack.com/services/{SECRET}", f"{NOBODY}; an address must begin with https://"),
        (f"//hooks.slack.com:443/services/{SECRET}", f"{NOBODY}; an address must begin with https://"),
        (f"https:hooks.slack.com/{SECRET}", f"{NOBODY}; an address must begin with https://"),
        (f"services/{SECRET}", f"{NOBODY}; it will not be notified"),
        (f"tell '{SECRET}", "the --notify target is a command with an unclosed quote"),
        (f"{SECRET} word", f"{NOBODY}; it will not be notified"),
        ("./provisioner.yaml", "the command provisioner.yaml was not notified: it cannot be run"),
        (f"false {SECRET}", "the command false was not notified: it exited with code 1"),
    ],
)
def test_who_cannot_be_told_changes_nothing(desk: Desk, target, warned):
    drifted(desk)

    done = desk.run("drift", "--notify", target, "--format", "json", code=2)

    assert json.loads(done.stdout)["summary"]["drift"] == 1
    assert warned in done.stderr
    assert "canary" not in done.output.replace("canary@", "")


def test_of_several_targets_the_wrong_one_is_named_by_its_number(desk: Desk, listener):
    drifted(desk)

    done = desk.run("drift", "--notify", listener, "--notify", f"hooks.slack.com/{SECRET}", code=2)

    assert f"Warning: the --notify target (number 2) {NOBODY.partition('target ')[2]}" in done.stderr
    assert "canary" not in done.output.replace("canary@", "")
    assert heard(desk)["outcome"] == "drift"


@pytest.mark.parametrize(
    ("answers", "said"),
    [([], "it did not answer in time"), ([None], "it closed the connection")],
    ids=["slow", "broken"],
)
def test_a_webhook_that_was_told_and_has_not_answered_is_not_out_of_reach(
    desk: Desk, webhook, monkeypatch, answers, said
):
    drifted(desk)
    webhook.answers = answers
    if not answers:
        monkeypatch.setattr(send, "BOUNDS", replace(send.BOUNDS, read=0.2))
        webhook.may_answer.clear()

    done = desk.run("drift", "--notify", webhook.url, code=2)

    assert len(webhook.messages) == 1
    assert f"was not notified: {said} (the notice may have arrived)\n" in done.stderr


def test_a_command_that_never_ends_is_ended(desk: Desk, monkeypatch):
    monkeypatch.setattr(send, "SECONDS", 0.3)
    os.mkfifo(desk.folder / "alive")
    alive = os.open(desk.folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    drifted(desk)

    done = desk.run("drift", "--notify", "sh -c 'exec 3> alive; echo begun >&3; sleep 60 & wait'", code=2)

    assert "the command sh was not notified: it did not answer within" in done.stderr
    assert os.read(alive, 100) == b"begun\n"
    # the end comes when nobody holds the other side any more: neither the shell nor what it has started
    assert select.select([alive], [], [], 30)[0]
    assert os.read(alive, 100) == b""
    os.close(alive)


def test_ctrl_c_while_it_is_told_keeps_the_outcome(desk: Desk):
    drifted(desk)
    os.mkfifo(desk.folder / "alive")
    words = ["drift", "--notify", "sh -c 'echo begun > alive; sleep 60'"]
    running = subprocess.Popen(
        [sys.executable, "-m", "provisioner", *words], stdout=subprocess.PIPE, text=True
    )
    assert (desk.folder / "alive").read_text() == "begun\n"

    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=30)[0]

    assert running.returncode == 2
    assert "Drift: 1 change" in said


def test_a_full_stderr_changes_nothing(desk: Desk):
    drifted(desk)
    words = f"{sys.executable} -m provisioner drift --notify no-such-command --notify 'echo x' 2> /dev/full"

    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "Drift: 1 change" in done.stdout


def test_a_fleet_tells_its_sum(desk: Desk, webhook, listener):
    words = ("apply", str(ROOT / "examples" / "fleet"), "--sandbox", "--auto-approve")
    desk.run("fleet", *words, "--notify", webhook.url, "--notify", listener)
    done = heard(desk)
    (desk.folder / "heard.json").unlink()
    desk.run("fleet", *words, "--notify", webhook.url, "--notify", listener)

    (message,) = webhook.messages
    assert "*Total: 18 created; topped up $3,000.00.*" in message["text"]
    assert (done["command"], done["project"], done["exitcode"]) == ("fleet apply", "acme-platform", 0)
    assert done["money"] == [{"currency": "usd", "amount": 300_000}]
    assert not (desk.folder / "heard.json").exists()


def test_no_value_that_is_sensitive_and_no_key_is_told(desk: Desk, webhook, listener):
    declare(desk)
    desk.run("apply", "--auto-approve")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.sdk.v1.issuing.cardholders.update(holder, {"email": "canary2@acme.example"})

    desk.run("drift", "--notify", webhook.url, "--notify", listener, code=2)

    told = json.dumps([webhook.messages, heard(desk)])
    assert "email" in told
    assert "canary" not in told
    assert KEY not in told


def test_the_address_of_a_webhook_is_in_no_help(desk: Desk, webhook, monkeypatch):
    monkeypatch.setenv("PROVISIONER_NOTIFY", webhook.url)

    helped = desk.run("apply", "--help").output

    assert "PROVISIONER_NOTIFY" in helped
    assert SECRET not in helped
