"""What is said on stderr: requests with their ids, lines for machines, and an end that fits in a ticket."""

import json
import re

from e2e.conftest import COMPANY, KEY, Desk

CARD = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active}\n"


def test_verbose_tells_each_request_with_its_id(desk: Desk):
    desk.write(COMPANY + CARD)

    said = desk.run("plan", "-v").stderr

    assert re.search(r"(?m)^GET /v1/issuing/cards req_\w+ \d+ ms$", said)
    assert KEY not in said


def test_without_it_nothing_is_said(desk: Desk):
    desk.write(COMPANY + CARD)

    assert desk.run("plan").stderr == ""


def test_lines_for_machines(desk: Desk):
    desk.write(COMPANY + CARD)

    said = desk.run("apply", "--auto-approve", "-v", "--log-format", "json").stderr
    lines = [json.loads(line) for line in said.splitlines()]

    requests = [line for line in lines if line.get("method") == "POST"]
    (card,) = [line for line in lines if line.get("address") == "cards.ads"]
    assert {line["path"] for line in requests} == {"/v1/issuing/cardholders", "/v1/issuing/cards"}
    assert all(line["request_id"].startswith("req_") for line in requests)
    assert card["outcome"] == "done"
    assert card["request_id"] == requests[1]["request_id"]


def test_an_error_is_a_line_too(desk: Desk, monkeypatch):
    desk.write(COMPANY)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_wrong")

    (line,) = desk.run("plan", "--log-format", "json", code=7).stderr.splitlines()

    assert json.loads(line)["level"] == "error"
    assert "live key" in json.loads(line)["message"]


def test_the_end_of_an_apply_fits_in_a_ticket(desk: Desk):
    desk.write(COMPANY + CARD)

    ticket = desk.run("apply", "--auto-approve").stdout.splitlines()[-3:]

    assert re.fullmatch(r"Project desk, test mode, account acct_\w+", ticket[0])
    assert re.fullmatch(r"Plan sha256:[0-9a-f]{12}, [\d-]+ [\d:]+ UTC", ticket[1])
    assert ticket[2] == "Apply complete: 2 created, 0 updated, 0 replaced, 0 retired, 0 imported."


def test_problems_begin_with_their_place_for_editors_and_end_with_an_error(desk: Desk):
    desk.write(COMPANY + CARD.replace("status: active", "statsu: active").replace("virtual", "virtuous"))

    *lines, _, end = desk.run("validate", code=1).stderr.splitlines()

    problems, excerpts, carets = lines[::3], lines[1::3], lines[2::3]
    assert problems
    assert all(re.match(r"provisioner\.yaml:\d+:\d+: cards\.ads: ", line) for line in problems)
    shown = [line[caret.index("^") :] for line, caret in zip(excerpts, carets, strict=True)]
    assert shown == ["virtuous, currency: ..., statsu: ...}", "statsu: ...}"]
    assert end == f"Error: {len(problems)} problems."
