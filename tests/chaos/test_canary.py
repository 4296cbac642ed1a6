"""Under every disturbance: not one byte of a key or of personal data in any output or file."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from support.command import provisioner
from support.depth import DEEP
from support.quick_command import quick_command

from provisioner.chaos.run import LASTING, ONCE
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

PLAYED = [*ONCE, *LASTING] if DEEP else ["drop_after", "429", "500_after", "truncate", "breakdown"]
SECRETS = (
    "zebedee",
    "quillfeather",
    "canary",
    "5550142",
    "555 0142",
    "marmalade",
    "94199",
    "203.0.113.77",
    "1913",
)
# digests and ids are drawn: four digits come up in them by chance
DRAWN = re.compile(r"[0-9a-f]{24,}|\b(?:ich|ic|tu|req|acct|evt|iauth)_\w+", re.IGNORECASE)
CONFIG = """
version: 1
project: canary-free
cardholders:
  somebody:
    type: individual
    name: Zebedee Quillfeather
    email: zebedee.quillfeather@canary.example
    phone_number: "+14155550142"
    billing:
      address: {line1: 9 Marmalade Lane, city: San Francisco, state: CA, postal_code: "94199", country: US}
    individual:
      first_name: Zebedee
      last_name: Quillfeather
      dob: {day: 3, month: 9, year: 1913}
      card_issuing: {user_terms_acceptance: {date: 1600000000, ip: 203.0.113.77}}
cards:
  ads: {cardholder: somebody, type: virtual, currency: usd, status: active, second_line: Marmalade}
  bad: {cardholder: somebody, type: virtual, currency: eur, status: active, second_line: Marmalade}
balance_targets:
  usd: {target: 5000, source: btok_canary}
"""
PROJECT = "canary-free"


@pytest.fixture(scope="module")
def base():
    with running(Settings(rate_limit=False, topup_settle=None)) as base:
        yield base


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """As for all tests, but loaded where the SDK is told to print whole requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE_LOG", "debug")
        with quick_command(tmp_path_factory.mktemp("commands"), patient=False) as folder:
            yield folder


def control(base: str, what: str, value) -> None:
    request = urllib.request.Request(f"{base}/_sandbox/{what}", json.dumps(value).encode())  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


@pytest.mark.parametrize("disturbance", [*PLAYED, "no disturbance"])
def test_no_secret_gets_out(base, tmp_path, commands, disturbance):
    control(base, "reset", {})
    fault = {
        "effect": LASTING.get(disturbance, disturbance),
        "match": "POST *",
        "skip": 1 if disturbance in ONCE else 0,
        "count": 1 if disturbance in ONCE else 9,
        "seconds": 0.01,
    }
    control(base, "faults", {"faults": [] if disturbance == "no disturbance" else [fault]})
    (tmp_path / "declared").mkdir()
    (tmp_path / "declared/provisioner.yaml").write_text(CONFIG)
    env = {
        "STRIPE_API_BASE": base,
        "STRIPE_API_KEY": "sk_test_canary00112233445566",
        "STRIPE_LOG": "debug",
    }
    work = tmp_path / "work"
    work.mkdir()
    said = ""
    for words in (
        ["plan", "../declared", "-v", "--out", "plan.json"],
        ["apply", "../declared", "-v", "--auto-approve"],
        ["apply", "../declared", "-v", "--auto-approve", "--format", "json"],
        ["plan", "../declared", "-v", "--format", "json"],
        ["drift", "../declared", "-v"],
    ):
        ended = provisioner(*words, cwd=work, commands=commands, **env)
        said += f"$ {words}\n{ended.stdout}{ended.stderr}"

    files = {str(path): path.read_text(errors="replace") for path in work.rglob("*") if path.is_file()}
    assert files.keys() >= {str(work / "plan.json"), str(work / ".provisioner/journal.jsonl")}
    assert "Traceback" not in said
    for where, text in {"output": said, **files}.items():
        told = DRAWN.sub("", text.replace(PROJECT, "")).lower()
        assert [secret for secret in SECRETS if secret in told] == [], (where, _around(told))


def _around(text: str) -> list[str]:
    return [text[max(0, text.find(s) - 150) : text.find(s) + 60] for s in SECRETS if s in text]


def test_the_suite_looks_at_an_apply_that_is_refused(base, tmp_path, commands):
    """Else nothing of what Stripe quotes would have been there to be taken out."""
    control(base, "reset", {})
    path = Path(tmp_path) / "provisioner.yaml"
    path.write_text(CONFIG)
    words = ("apply", str(path), "--auto-approve")
    env = {"STRIPE_API_BASE": base, "STRIPE_API_KEY": "sk_test_a"}
    ended = provisioner(*words, cwd=tmp_path, commands=commands, **env)

    assert ended.returncode == 5
    assert "Stripe returned 400" in ended.stderr
