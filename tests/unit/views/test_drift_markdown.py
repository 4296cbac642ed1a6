"""Drift as the body of one issue: what moved first, never too long, inert whatever it holds."""

from typing import Any

from markdown_it import MarkdownIt
from msgspec import convert
from support.plan_documents import HOSTILE

from provisioner.core.diff.drift_document import DriftDocument, DriftedValue, DriftSummary
from provisioner.views.drift import LONGEST, drift_markdown, drift_text


def drift(*values: DriftedValue) -> DriftDocument:
    waits = sum(value.waits for value in values)
    summary = DriftSummary(drift=len(values) - waits, pending=waits, warnings=0, ended=0, unmanaged={})
    nothing: dict[str, Any] = {"warnings": (), "ended": (), "unmanaged": {}}
    where = {"project": "acme", "environment": "dev", "mode": "test", "account": "acct_1"}
    return DriftDocument(format_version="1.0", **where, summary=summary, drift=values, **nothing)


def entry(address: str, declared: Any, live: Any, moved: str = "live", **more: Any) -> DriftedValue:
    plain = {"id": "ic_1", "path": "status", "direction": "neutral", "currency": "", "text": ""}
    sides = {"before": declared, "declared": declared, "after": live}
    return convert({"address": address, "moved": moved, **sides, **plain, **more}, DriftedValue)


def test_both_sides_and_who_did_it_are_told():
    trace = {"at": "2026-11-23T00:00:00+00:00", "event": "evt_1", "request": "req_9"}
    moved = entry("cards.ads", "inactive", "active", direction="broadening", trace=trace)
    text = drift_markdown(drift(entry("cards.new", "active", "inactive", "yaml"), moved))

    assert "1 change raised spending without review" in text
    assert "- status: inactive (in the configuration)\n+ status: active (in Stripe)" in text
    assert "request req_9" in text
    assert text.index("cards.ads") < text.index("#### Not applied yet") < text.index("cards.new")


def test_what_waits_is_told_as_what_the_next_apply_does():
    text = drift_markdown(drift(entry("cards.new", "active", "inactive", "yaml")))

    assert "- status: inactive (in Stripe)\n+ status: active (in the configuration)" in text


def test_several_moves_of_one_object_stand_under_one_heading():
    moved = [entry("cards.ads", "active", "inactive"), entry("cards.ads", "a", "b", path="metadata.team")]
    waits = entry("cards.ads", "1", "2", "yaml", path="metadata.note")
    text = drift_text(drift(waits, *moved))

    assert text.splitlines()[:7] == [
        "Project acme, environment dev, test mode, account acct_1",
        "",
        "  # cards.ads (ic_1): changed outside of provisioner",
        "      ~ status        = active (configuration) -> inactive (Stripe)",
        "      ~ metadata.team = a (configuration) -> b (Stripe)",
        "  # cards.ads (ic_1): not applied yet: configuration changed",
        "      ~ metadata.note = 2 (Stripe) -> 1 (configuration)",
    ]
    assert drift_markdown(drift(waits, *moved)).count("# cards.ads (ic_1)") == 2


def test_none_is_one_sentence():
    where = "project `acme`, environment `dev`, `test` mode, account `acct_1`"
    assert drift_markdown(drift()) == (
        f"### Drift of {where}\n\n**No drift. Stripe matches the last apply.**\n"
    )


def test_much_drift_fits_in_one_issue():
    text = drift_markdown(drift(*(entry(f"cards.c{n:06}", "inactive", "active") for n in range(10_000))))

    assert 50_000 < len(text.encode()) <= LONGEST
    assert "more\n```" in text


def test_hostile_values_stay_in_their_block():
    bad = entry(HOSTILE, HOSTILE, HOSTILE, path=HOSTILE, id=HOSTILE)
    page = MarkdownIt("commonmark").enable("table").render(drift_markdown(drift(bad)))

    assert "<script" not in page
    assert "<a " not in page
    assert page.count("<pre>") == 1


def test_a_limit_is_told_with_its_interval_as_in_a_plan():
    limit = entry(
        "cards.ads",
        600_000,
        900_000,
        path="spending_controls.spending_limits[0].amount",
        currency="usd",
        row={"interval": "monthly"},
    )

    assert "+ spending_controls.spending_limits[0].amount: $9,000.00 (900000) per month (in Stripe)" in (
        drift_markdown(drift(limit))
    )
    assert (
        "= $6,000.00 (600000) per month (configuration) -> $9,000.00 (900000) per month (Stripe)"
        in drift_text(drift(limit))
    )


def test_each_side_is_told_in_its_own_currency():
    moved = entry("cards.ads", 200_000, 200_000, path="limit", currency="usd", currency_live="eur")

    assert "~ limit = $2,000.00 (200000) (configuration) -> €2,000.00 (200000) (Stripe)" in drift_text(
        drift(moved)
    )
    text = drift_markdown(drift(moved))
    assert (
        "- limit: $2,000.00 (200000) (in the configuration)\n+ limit: €2,000.00 (200000) (in Stripe)" in text
    )
