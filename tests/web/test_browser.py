"""The pages in a real browser, by what a person does: open, search, filter, follow, print."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chromium import Tab, chromium

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from web.conftest import CONFIGURATION, Company, Serve, company

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here")
AXE = (Path(__file__).parent / "data" / "axe.min.js").read_text(encoding="utf-8")
PAGES = ("/", "/cards", "/purchases", "/drift", "/plan")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

COLORS = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block"],
}  # all else is the same in the dark


def serious(browser: Tab, *, only_colors: bool = False) -> list[str]:
    """What axe finds wrong with the page, if it is serious: by all rules, or by those about colors."""
    browser.value(f"if (!window.axe) {{ {AXE} }} null")
    script = f"axe.run(document, {{runOnly: {COLORS if only_colors else TAGS}, resultTypes: ['violations']}})"
    result = browser.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
    found = result["result"]["value"]["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def overflow(browser: Tab) -> int:
    """By how many pixels the page is wider than the window."""
    return browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def paths(shop: Company) -> list[str]:
    return [*PAGES, f"/cards/{shop.cards()['tools'].id}", "/nothing", "/cards?q=nobody"]


def names(browser: Tab) -> list[str]:
    return browser.value("[...document.querySelectorAll('tbody th a')].map((n) => n.textContent)")


def test_a_card_is_searched_filtered_and_opened_by_keyboard(browser, pages):
    browser.open(f"{pages}/cards", 1280)
    everything = names(browser)
    browser.press("/", *"TOO")
    browser.until("document.querySelectorAll('tbody th a').length === 1")
    found, address = names(browser), browser.value("location.search")
    browser.events.clear()
    browser.value("document.querySelector('tbody th a').focus()")
    browser.press("Enter")
    browser.until("document.querySelector('h1').textContent.startsWith('tools')")

    assert sorted(everything) == ["ads", "print", "spare", "tools"]
    assert found == ["tools"]
    assert "q=TOO" in address
    assert browser.value("document.querySelector('#limits-title') !== null")
    assert browser.complaints() == []


def test_a_drift_is_followed_from_the_overview_to_its_request(browser, shop, pages):
    event = next(iter(shop.sdk.v1.events.list({"types": ["issuing_card.updated"], "limit": 1}).data))
    cause = event.to_dict()["request"]["id"]  # older SDKs have a method of the name `request`
    browser.open(pages, 1280)
    browser.value("document.querySelector('.due .now a').click()")
    browser.until(
        "document.readyState === 'complete' && document.querySelector('h1')?.textContent === 'Drift'"
    )
    request = browser.value("document.querySelector('#results table a[href*=\"/logs/\"]').href")
    browser.value("document.querySelector('#results tbody th a').click()")
    browser.until(
        "document.readyState === 'complete' && document.querySelector('h1')?.textContent.startsWith('tools')"
    )

    assert request == f"https://dashboard.stripe.com/test/logs/{cause}"
    assert cause in browser.value("document.querySelector('.timeline').textContent")


def test_purchases_are_filtered_without_a_new_page(browser, pages):
    browser.open(f"{pages}/purchases", 1280)
    browser.value("window.same = true")
    browser.value(
        "const s = document.querySelector('#f-outcome'); s.value = 'declined';"
        "s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    browser.until("document.querySelector('#results h2').textContent.includes('of 3 purchases')")

    assert browser.value("window.same") is True
    assert browser.value("location.search") == "?q=&outcome=declined&reason=&team=&category="


def test_charts_have_their_table_behind_them(browser, pages):
    browser.open(pages, 1280)
    browser.until("document.querySelector('figure canvas')")

    assert browser.value("document.querySelectorAll('figure .data tbody tr').length") == 30
    assert browser.value("document.querySelector('.plot').getAttribute('role')") == "img"


def test_nothing_is_wrong_for_a_screen_reader(browser, shop, pages):
    card = f"/cards/{shop.cards()['tools'].id}"
    for path in (*PAGES, card, "/nothing"):
        browser.open(pages + path, 1280)
        for dark in (False, True):
            browser.colors(dark=dark)
            assert serious(browser, only_colors=dark) == [], (path, dark)


def test_no_page_is_wider_than_its_window_asks_somebody_else_or_complains(browser, shop, pages):
    for path in paths(shop):
        browser.open(pages + path, 400)
        browser.press()
        requests, complaints = browser.requests(), browser.complaints()
        for width in (400, 800, 1600):
            browser.resize(width)
            assert overflow(browser) <= 0, (path, width)
        assert [each for each in requests if not each.startswith(pages)] == []
        assert complaints == [] or path == "/nothing"  # a browser says each 404


def test_print_shows_all_numbers_and_no_buttons(browser, pages):
    browser.open(pages, 1280)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    shown = browser.value("document.querySelector('.data').open")
    hidden = browser.value("getComputedStyle(document.querySelector('nav')).display")
    browser.ask("Emulation.setEmulatedMedia", media="")

    assert (shown, hidden) == (True, "none")


def test_what_arrives_is_shown_while_the_page_is_open(browser, shop, serve):
    base = serve(shop.account, every=0.05)
    browser.open(f"{base}/purchases", 1280)
    browser.until("document.querySelector('#results h2')")
    before = browser.value("document.querySelector('#results h2').textContent")
    shop.buy(shop.cards()["tools"].id, 1_234, "computer_software_stores")
    browser.until("document.querySelector('#arrived').textContent !== ''")
    browser.until(f"document.querySelector('#results h2').textContent !== {before!r}")

    assert "$12.34" in browser.value("document.querySelector('#results').textContent")


HOSTILE = "<script>window.hit = 1</script><img src=x onerror=window.hit=1>\"'`{{7*7}}\u202e\u0007"


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Company]:
    """A company whose texts at Stripe were written by somebody who means no good."""
    settings = Settings(rate_limit=False, topup_settle=0.0)
    with running(settings) as base, company(base, CONFIGURATION, tmp_path) as found:
        cards = found.cards()
        for name in (HOSTILE, "x" * 5_000, "\u202egnitekram"):
            found.buy(cards["ads"].id, 1_000, "advertising_services", name=name)
        found.sdk.v1.issuing.cards.create(
            {
                "cardholder": cards["ads"].cardholder.id,
                "currency": "usd",
                "type": "virtual",
                "metadata": {"team": HOSTILE, "note": HOSTILE},
            }
        )
        found.sdk.v1.issuing.cards.update(cards["tools"].id, {"metadata": {"team": HOSTILE}})
        yield found


def test_texts_of_others_run_nothing_turn_nothing_and_fit(browser, hostile: Company, serve: Serve):
    base = serve(hostile.account, personal=True)
    for path in (
        *PAGES,
        f"/cards/{hostile.cards()['ads'].id}",
        "/purchases?q=%3Cscript%3Ewindow.hit%3D1%3C/script%3E",
    ):
        browser.open(base + path, 400)
        browser.press()
        assert browser.value("window.hit") is None, path
        assert "\u202e" not in browser.value("document.body.textContent")
        assert browser.complaints() == []
        assert overflow(browser) <= 0, path
    browser.open(f"{base}/purchases", 400)
    assert HOSTILE[:30] in browser.value("document.body.textContent")
    assert browser.value("document.body.textContent.length") < 20_000
