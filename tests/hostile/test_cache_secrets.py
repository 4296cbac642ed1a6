"""A cache file holds nothing personal and no secret, whoever has set it, and changes no answer."""

import json
from pathlib import Path

import pytest
from e2e.conftest import Desk

HOLDER = (
    "  {name}:\n    type: company\n    name: Ada Quimby\n    email: ada@quimby.example\n"
    '    phone_number: "+1 415 555 5309"\n    metadata: {{badge: "${{env.BADGE}}"}}\n'
    "    billing: {{address: {{line1: 7 Quimby Lane, city: Oakland, state: CA, postal_code: '94601', "
    "country: US}}}}\n"
)
CARDS = (
    "cards:\n  ads: {type: virtual, currency: usd, status: active, cardholder: ada,"
    " spending_controls: {spending_limits: [{amount: '${env.LIMIT}', interval: monthly}]}}\n"
    "  web: {type: virtual, currency: usd, status: active, cardholder: bob, metadata: {note: 'of quimby'}}\n"
)
SECRETS = ("uimby", "5309", "94601", "token-7731", "771.23", "77123", "theirs-only", "sk_test", "salt=")
BOTH = "cardholders:\n" + HOLDER.format(name="ada") + HOLDER.format(name="bob")


@pytest.fixture
def estate(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("provisioner.engine.cache.recall.PAGE", 1)  # else all of it is soon read again
    monkeypatch.setenv("BADGE", "token-7731")
    monkeypatch.setenv("LIMIT", "771.23 USD")
    desk.write(BOTH + CARDS)
    desk.run("apply", "--auto-approve")
    desk.control("clock", json.dumps({"advance": 3600}).encode())
    return desk


def same(desk: Desk) -> None:
    """With and without a cache the same is said, and the file tells nothing."""
    for words in (["plan"], ["drift", "--unmanaged"]):
        whole = desk.run(*words, "--format", "json", code=None).stdout
        desk.run(*words, "--cache", "c", "--refresh", code=None)
        cached = desk.run(*words, "--format", "json", "--cache", "c", code=None)
        assert cached.stdout == whole
        assert "Reading everything" not in cached.stderr
        text = Path("c").read_text(encoding="utf-8")
        assert [word for word in SECRETS if word in text] == []


def test_an_estate_in_sync(estate: Desk) -> None:
    same(estate)


def test_values_that_others_have_set(estate: Desk) -> None:
    holder = estate.live("cardholders")["cardholders.ada"]["id"]
    estate.sdk.v1.issuing.cardholders.update(
        holder, {"email": "other@quimby.example", "metadata": {"badge": "theirs-only", "note": "theirs-only"}}
    )
    estate.sdk.v1.issuing.cards.update(
        estate.live()["cards.ads"]["id"], {"metadata": {"note": "theirs-only"}, "status": "inactive"}
    )
    same(estate)


def test_values_that_have_left_the_configuration(estate: Desk) -> None:
    ada, _, bob = BOTH.rpartition("    email")
    estate.write(ada + bob.partition("\n")[2] + CARDS.replace(", metadata: {note: 'of quimby'}", ""))
    same(estate)


def test_objects_that_have_left_the_configuration(estate: Desk) -> None:
    estate.write("cardholders:\n" + HOLDER.format(name="ada") + CARDS.partition("  web")[0])
    same(estate)
    estate.run("apply", "--auto-approve")
    same(estate)
    estate.write(BOTH + CARDS)
    same(estate)


def test_objects_of_others(estate: Desk) -> None:
    estate.write(BOTH + CARDS, project="elsewhere")
    same(estate)
