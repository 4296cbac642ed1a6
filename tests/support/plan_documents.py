"""Plan documents for the tests of views: large ones, and ones that somebody has forged."""

import json
from typing import Any

from msgspec import convert

from provisioner.core.plan.document import PlanDocument, as_json

Json = dict[str, Any]

HOSTILE = (
    "`` ``` ~~~ </details></summary></code><script>alert(1)</script> <!-- --> | **bold** "
    "[x](http://evil.example) @everyone #1 https://evil.example ![i](//e.example/a.png)\n"
    "```\n# broken\r\n\x1b[31m\u202e &amp; \\| \\` \ud800"
)


def change(address: str, action: str = "update", edits: list[Json] | None = None, **more: Any) -> Json:
    return {
        "address": address,
        "kind": "card",
        "action": action,
        "id": None if action == "create" else f"ic_{address[-6:]}",
        "reason": "declared differs from live",
        "edits": [] if edits is None else edits,
        "fingerprint": "f" * 32,
        **more,
    }


def edit(path: str, before: Any, after: Any, direction: str = "neutral", **more: Any) -> Json:
    return {
        "path": path,
        "before": before,
        "after": after,
        "direction": direction,
        "sensitive": False,
        "digest": "",
        **more,
    }


def limit(before: int, after: int) -> Json:
    return edit(
        "spending_controls.spending_limits[0].amount",
        before,
        after,
        "broadening" if after > before else "tightening",
        currency="usd",
        row={"interval": "daily"},
    )


def frozen(address: str, moved: str = "live") -> Json:
    """A card that somebody has frozen in Stripe, and that the plan activates."""
    return change(address, edits=[edit("status", "inactive", "active", "broadening", moved=moved)])


def document(*changes: Json, notes: tuple[Json, ...] = (), **more: Any) -> PlanDocument:
    counted = [each["action"] for each in changes]
    actions = ("create", "update", "replace", "retire", "adopt", "top_up")
    money = [each for each in changes if each["action"] == "top_up"]
    text = {
        "format_version": "1.1",
        "project": "acme",
        "environment": None,
        "mode": "test",
        "account": "acct_1",
        "fingerprint": "sha256:" + "0" * 64,
        "keyed_with": "project",
        "summary": {action: counted.count(action) for action in actions} | {"unchanged": 0},
        "blast_radius": {
            "money": [{"currency": each["currency"], "amount": each["amount"]} for each in money],
            "exposure_added": [],
            "cards_activated": 0,
            "final": sum(bool(each.get("final")) for each in changes),
        },
        "changes": list(changes),
        "notes": list(notes),
        "outlook": {"balances": [], "exposure": []},
        **more,
    }
    return convert(text, PlanDocument)


def saved_and_read(document: PlanDocument) -> PlanDocument:
    """The document as it comes back from its file."""
    return convert(json.loads(json.dumps(as_json(document))), PlanDocument)


def many(number: int, *, different: bool = False) -> PlanDocument:
    """A plan of as many raised limits: all alike, or each to an amount of its own."""
    return document(
        *(change(f"cards.c{n:06}", edits=[limit(50_000, 75_000 + n * different)]) for n in range(number))
    )


def forged() -> PlanDocument:
    """A plan in which every text is hostile."""
    bad = change(HOSTILE, "retire", [edit(HOSTILE, HOSTILE, [HOSTILE, {HOSTILE: HOSTILE}])], final=True)
    bad |= {"kind": HOSTILE, "id": HOSTILE, "reason": HOSTILE}
    top_up = change(HOSTILE, "top_up", amount=100, currency=HOSTILE)
    team = {
        "team": HOSTILE,
        "currency": HOSTILE,
        "others": 0,
        "before": {"amount": 1, "unlimited": 0, "cards": 1},
        "after": {"amount": 2, "unlimited": 0, "cards": 1},
    }
    balance = {"currency": HOSTILE, "available": 1, "pending": 0, "target": 2, "top_up_below": 1}
    return document(
        bad,
        top_up,
        notes=({"address": HOSTILE, "text": HOSTILE},),
        project=HOSTILE,
        mode=HOSTILE,
        account=HOSTILE,
        outlook={"balances": [balance], "exposure": [team]},
    )
