"""Stripe's messages about personal values, in a spelling that nobody sent, wherever they could be told."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.conftest import Desk
from fleet.world import in_process, make_fleet, platform
from support.liar import Answer, Asked, Liar, lying

from provisioner.stripe_api import retry_loop

MESSAGE = (
    "Ms. QUIMBY (Zebediah), whose number ends in 5309 or (800) 867-5309, lives in Springfield, at 7 42 "
    "Evergreen; born '58, 05/1958; reached at z.quimby at quimby.example; needs rak_issuing_card_write."
)
TOLD = ("quimby", "zebediah", "5309", "springfield", "evergreen", "1958", "z.quimby")
HOLDER = """
cardholders:
  zed:
    type: individual
    name: Zebediah Quimby
    email: z@quimby.example
    phone_number: "+18008675309"
    billing:
      address: {line1: 742 Evergreen Terrace, city: Springfield, state: OR, postal_code: "97477", country: US}
    individual:
      first_name: Zebediah
      last_name: Quimby
      dob: {day: 12, month: 5, year: 1958}
      card_issuing: {user_terms_acceptance: {date: 1600000000, ip: 203.0.113.77}}
"""
CARD = """
cards:
  ads: {cardholder: zed, type: virtual, currency: usd, status: active}
"""
SHIPPED = """
cards:
  ads:
    cardholder: zed
    type: physical
    currency: usd
    shipping:
      name: Z. Quimby
      address: {line1: 742 Evergreen Terrace, city: Springfield, state: OR, postal_code: "97477", country: US}
"""
HEARD = "import json, sys; open('heard', 'a').write(sys.stdin.read())"


@pytest.fixture
def liar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """What it refuses for being busy is asked again at once: as often as ever, and in no time."""
    monkeypatch.setattr(retry_loop, "_wait", lambda _state: 0.0)
    with lying(desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


def refusing(status: int, **more: str) -> Callable[[Asked], Answer]:
    """An answer with such a status that quotes all it can."""
    error = {"type": "invalid_request_error", "message": MESSAGE, "doc_url": "Quimby", **more}
    return lambda _asked: Answer(status, {"error": error}, {"Request-Id": "req_1Quoted"})


def told(desk: Desk, *words: str) -> str:
    """All that comes of a command: streams, journal, notice, whatever else it leaves in the folder."""
    hear = desk.folder / "hear"
    hear.write_text(f"#!{sys.executable}\n{HEARD}\n", encoding="utf-8")
    hear.chmod(0o755)
    ended = desk.run(*words, "--notify", str(hear), code=None)
    assert ended.exit_code in (1, 5, 7), ended.output
    left = [path for path in desk.folder.rglob("*") if path.is_file() and path.name != "provisioner.yaml"]
    assert {"heard", "journal.jsonl"} <= {path.name for path in left}
    return ended.output + "".join(path.read_text(encoding="utf-8", errors="replace") for path in left)


def quoted(text: str) -> list[str]:
    # not within ids and digests, which hold any digits
    return [word for word in TOLD if re.search(rf"(?<![0-9a-z]){re.escape(word)}(?![0-9a-z])", text.lower())]


@pytest.mark.parametrize("where", ["cardholders", "cards", "shipped cards", "cardholders/*"])
@pytest.mark.parametrize(
    ("status", "form"),
    [
        (400, ("-v",)),
        (400, ("--format", "json")),
        (400, ("--log-format", "json", "-v")),
        (401, ("-v",)),
        (402, ("-v",)),
        (403, ("-v",)),
        (404, ("-v",)),
        (409, ("-v",)),
    ],
    ids=str,
)
def test_no_message_of_a_write_quotes_anybody(
    desk: Desk, liar: Liar, status: int, form: tuple[str, ...], where: str
) -> None:
    desk.write(HOLDER + (SHIPPED if where.startswith("shipped") else CARD))
    if where.endswith("*"):
        desk.run("apply", "--auto-approve")
        desk.write(HOLDER.replace("type:", "status: inactive\n    type:", 1) + CARD)
    refused = refusing(status, param="billing[address][city]")
    liar.lie(f"POST /v1/issuing/{where.rsplit(maxsplit=1)[-1]}", refused, count=None)
    text = told(desk, "apply", "--auto-approve", *form)

    assert liar.lied
    assert quoted(text) == []


def test_what_is_left_says_what_was_wrong(desk: Desk, liar: Liar) -> None:
    desk.write(HOLDER + CARD)
    liar.lie("POST /v1/issuing/cardholders", refusing(400, code="parameter_invalid", param="phone_number"))

    assert "Stripe returned 400 parameter_invalid: phone_number: " in (
        said := told(desk, "apply", "--auto-approve")
    )
    assert "req_1Quoted" in said


def test_the_permission_that_a_key_lacks_is_named(desk: Desk, liar: Liar) -> None:
    desk.write(HOLDER + CARD)
    liar.lie("POST /v1/issuing/cardholders", refusing(403))

    assert "the key is missing a permission: rak_issuing_card_write" in told(desk, "apply", "--auto-approve")


def test_a_message_about_what_is_nobodys_is_shown(desk: Desk, liar: Liar) -> None:
    desk.write(HOLDER + CARD)
    error = {"type": "invalid_request_error", "message": "Cards in usd need the capability card_issuing."}
    liar.lie("POST /v1/issuing/cards", lambda _asked: Answer(400, {"error": error}))

    assert "Cards in usd need the capability card_issuing." in told(desk, "apply", "--auto-approve")


@pytest.mark.parametrize(
    "words", [("plan",), ("drift",), ("import", "--all"), ("simulate", "purchase", "ads")]
)
def test_no_message_of_a_read_or_of_a_test_purchase_quotes_anybody(
    desk: Desk, liar: Liar, words: tuple[str, ...]
) -> None:
    desk.write(HOLDER + CARD)
    desk.run("apply", "--auto-approve")
    liar.lie("GET /v1/issuing/cards" if words[0] != "simulate" else "POST /v1/test_helpers/*", refusing(400))
    more = ("--path", ".", "--amount", "1.00 USD") if words[0] == "simulate" else ()
    ended = desk.run(*words, *more, "-v", code=None)

    assert liar.lied
    assert ended.exit_code
    assert quoted(ended.output) == []


def test_a_value_of_the_environment_is_as_private_wherever_it_stands(
    desk: Desk, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_OF_CARDS", "Quimby Operations")
    card = CARD.replace("status: active}", "status: active, metadata: {team: '${env.TEAM_OF_CARDS}'}}")
    desk.write(HOLDER.replace("Quimby", "Smith").replace("quimby", "smith") + card)
    liar.lie("POST /v1/issuing/cards", refusing(400))

    assert "quimby" not in told(desk, "apply", "--auto-approve").lower()


@pytest.mark.parametrize("what", ["cardholders", "cards"])
def test_no_report_of_a_fleet_quotes_anybody(tmp_path: Path, what: str) -> None:
    message = "SHOP a, whose number ends in 2100 or (415) 555-2100, is not known in Reno"
    error = {"type": "invalid_request_error", "message": message}
    with platform(2, topup_settle=None) as there, lying(there.base) as liar:
        folder = make_fleet(tmp_path / "fleet", 2, 1)
        liar.lie(f"POST /v1/issuing/{what}", lambda _asked: Answer(400, {"error": error}))
        words = ("apply", "--auto-approve", "--report", "r.html", "--report", "r.jsonl")
        ended = in_process(there, folder, *words, STRIPE_API_BASE=liar.base)
    files = (folder / "r.html", folder / "r.jsonl", folder / ".provisioner/journal.jsonl")
    text = ended.output + "".join(file.read_text(encoding="utf-8") for file in files)

    assert liar.lied
    assert "Stripe returned 400" in text
    assert re.findall(r"\b(?:SHOP a|2100|Reno)\b", text) == []
