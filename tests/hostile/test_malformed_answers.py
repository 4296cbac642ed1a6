"""
Answers of Stripe with a wrong value at any place: each ends in one clear error, or changes nothing.

An honest run is recorded, then played again with one value of one answer replaced (or left out). By hand,
with every wrong value at every place: `python -m hostile.test_malformed_answers` in `tests/`.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from e2e.conftest import COMPANY, Desk
from support.depth import DEEP
from support.liar import Answer, Asked, lying
from support.mutate import GONE, Place, places, replaced

WRONG = (None, 7, -1, 10**30, 1.5, True, "text", "", [], {}, [None], {"id": None}, GONE)
CONFIG = (
    COMPANY
    + """
  jenny:
    type: individual
    name: Jenny Rosen
    individual:
      first_name: Jenny
      last_name: Rosen
      card_issuing: {user_terms_acceptance: {date: 1700000000, ip: 192.0.2.1}}
    billing:
      address: {line1: 1 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [advertising_services]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly, categories: [advertising_services]}]
  desk:
    cardholder: jenny
    type: physical
    currency: usd
    status: inactive
    shipping:
      name: Jenny Rosen
      address: {line1: 1 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
balance_targets:
  usd: {target: "300.00 USD"}
"""
)
CHANGED = CONFIG.replace("2,000.00", "1,000.00").replace("300.00", "500.00")
COMMANDS = {
    "plan": ["plan"],
    "drift": ["drift", "--explain"],
    "export": ["export"],
    "import": ["import", "--all"],
    "doctor": ["doctor"],
    "test": ["test", "--generate"],
    "apply": ["apply", "--auto-approve"],
}


@dataclass
class Recorder:
    """Lies in the answer to one request of each path, the first; of the others it keeps what was honest."""

    wrong_at: tuple[str, Place] | None = None
    wrong: Any = None
    honest: dict[str, Any] = field(default_factory=dict)
    lied_to: str = ""
    written: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        answer = asked.pass_on()
        what = f"{asked.method} {asked.path}"
        if self.wrong_at and what == self.wrong_at[0] and not self.lied_to:
            self.lied_to = what
            try:
                data = replaced(answer.data, self.wrong_at[1], self.wrong)
            except (KeyError, IndexError, TypeError):  # this time Stripe's answer has no such place
                return answer
            return Answer(answer.status, data, answer.headers)
        if asked.method == "POST" and not self.lied_to:
            self.written.append(what)
        self.honest.setdefault(what, answer.data)
        return answer


def prepare(desk: Desk, command: str) -> None:
    """What is there before a command: nothing but strangers for import, else what was applied once."""
    desk.control("reset")
    desk.write(CONFIG)
    desk.run("apply", "--auto-approve", "--max-rps", "1000")
    if command == "import":
        forgotten = {"metadata": {"provisioner_project": ""}}
        for resource in ("cards", "cardholders"):
            for live in desk.live(resource).values():
                getattr(desk.sdk.v1.issuing, resource).update(live["id"], forgotten)
        return
    card = desk.live()["cards.ads"]["id"]
    limits = [{"amount": 900_000, "interval": "monthly"}]
    desk.sdk.v1.issuing.cards.update(card, {"spending_controls": {"spending_limits": limits}})
    if command == "apply":
        desk.write(CHANGED)


def record(desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, recorder: Recorder) -> str:
    """Run a command through a proxy that the recorder speaks for; returns what it said."""
    with lying(desk.base) as liar:
        for method in ("GET", "POST"):
            liar.lie(f"{method} /v1/*", recorder, count=None)
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        try:
            done = desk.run(*COMMANDS[command], "--max-rps", "1000", code=None)
        finally:
            monkeypatch.setenv("STRIPE_API_BASE", desk.base)
    return f"{done.exit_code} {done.output}"


def check(command: str, recorder: Recorder, said: str) -> str:
    """What is not as it should be; empty where all is well."""
    if "internal error" in said or "Traceback" in said or "cannot be read" in said:
        return said[-300:]
    if "does not have the expected form" in said and command != "doctor":
        first = recorder.lied_to.startswith("GET") and not recorder.written
        if first and not said.startswith("1 ") and "skipped" not in said and "not done" not in said:
            return f"another exit code: {said[-300:]}"
    return ""


def chosen(what: str, path: Place, share: int) -> Iterator[Any]:
    """All wrong values, or one that differs from place to place, for one of `share` places."""
    if not share:
        yield from WRONG
        return
    number = int(hashlib.sha256(f"{what} {path}".encode()).hexdigest(), 16)
    if number % share == 0:
        yield WRONG[number // share % len(WRONG)]


def trouble(desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, share: int) -> Iterator[str]:
    prepare(desk, command)
    honest = Recorder()
    record(desk, monkeypatch, command, honest)
    assert len(honest.honest) > 2
    writes = bool(honest.written)
    for what, data in honest.honest.items():
        for path in [(), *places(data, items=1)]:
            for wrong in chosen(what, path, share):
                if writes:
                    prepare(desk, command)
                recorder = Recorder((what, path), wrong)
                said = record(desk, monkeypatch, command, recorder)
                if bad := check(command, recorder, said):
                    yield f"{command}: {what} {path} = {wrong!r}: {bad}"


@pytest.mark.parametrize(
    ("command", "share"),
    [("plan", 6), ("drift", 10), ("export", 8), ("doctor", 10), ("import", 60), ("apply", 80), ("test", 60)],
)
def test_a_wrong_value_anywhere_is_an_error_in_words(desk: Desk, monkeypatch, command, share):
    assert list(trouble(desk, monkeypatch, command, share if DEEP else 3 * share)) == []


PAGE = '{"object": "list", "data": %s, "has_more": false}'


@pytest.mark.parametrize("command", ["plan", "drift", "export", "apply"])
@pytest.mark.parametrize(
    ("path", "wrong", "told"),
    [
        ("GET /v1/account", [], "expected `object`, got `array`"),
        ("GET /v1/account", {"id": 5}, "expected `str`, got `int` at `id`"),
        (
            "GET /v1/issuing/cards",
            {"data": None, "has_more": False},
            "expected `array`, got `null` at `data`",
        ),
        ("GET /v1/issuing/cards", {"data": []}, "object missing required field `has_more`"),
        ("GET /v1/issuing/cards", {"data": [{"id": 1}], "has_more": False}, "at `data[0].id`"),
        (
            "GET /v1/issuing/cardholders",
            {"data": [{"id": "ich_1", "metadata": []}], "has_more": False},
            "at `data[0].metadata`",
        ),
        (
            "GET /v1/issuing/cardholders",
            {"data": [{"id": "ich_1", "status": {}}], "has_more": False},
            "at `data[0].status`",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_nothing_is_written(
    desk: Desk, monkeypatch, command, path, wrong, told
):
    desk.write(CONFIG)
    words = COMMANDS[command][:1] + (["--auto-approve"] if command == "apply" else [])
    with lying(desk.base) as liar:
        liar.lie(path, lambda asked: Answer(200, wrong, asked.pass_on().headers))
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        said = desk.run(*words, code=1).output
        assert not any(asked.startswith("POST") for asked in liar.asked)

    method, where = path.split()
    assert f"Error: Stripe's response to {method} {where} does not have the expected form: " in said
    assert told in said


@pytest.mark.parametrize("wrong", [{"id": ["a"]}, [], {"object": "account"}, "0"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_is_no_balance_is_not_taken_for_an_empty_one(desk: Desk, monkeypatch, command, wrong):
    desk.write(CONFIG)
    words = [command, "--auto-approve"] if command == "apply" else [command]
    with lying(desk.base) as liar:
        liar.lie("GET /v1/balance", lambda asked: Answer(200, wrong, asked.pass_on().headers))
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        assert (
            "response to GET /v1/balance does not have the expected form" in desk.run(*words, code=1).output
        )
        assert not any(asked.startswith("POST") for asked in liar.asked)


def test_an_id_that_is_a_path_is_refused(desk: Desk, monkeypatch):
    """It would become a part of the next address."""
    desk.write(CONFIG)
    page = {"data": [{"id": "ic_1/../../topups", "created": 1}], "has_more": False}
    with lying(desk.base) as liar:
        liar.lie("GET /v1/issuing/cards", lambda asked: Answer(200, page, asked.pass_on().headers))
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        assert "at `data[0].id`" in desk.run("plan", code=1).output


def main() -> None:
    """Every wrong value at every place; names of commands as arguments."""
    import tempfile  # noqa: PLC0415 - by hand only

    from provisioner.sandbox.server import running  # noqa: PLC0415
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415

    monkeypatch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory() as folder, running(Settings(rate_limit=False)) as base:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("STRIPE_API_KEY", "sk_test_canary51Key")
        monkeypatch.setenv("STRIPE_API_BASE", base)
        for command in sys.argv[1:] or COMMANDS:
            for found in trouble(Desk(Path(folder), base), monkeypatch, command, 0):
                print(json.dumps(found)[:400])  # noqa: T201
        monkeypatch.undo()


if __name__ == "__main__":
    main()
