"""The pages over plain HTTP: figures that agree with the API, nobody from elsewhere, nothing personal."""

import datetime as dt
import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import pytest
import requests

from provisioner.app.estate import EstateReader
from provisioner.core.model.errors import StripeError
from provisioner.web.app import EstateSite
from provisioner.web.live import LiveEstate
from provisioner.web.site import Place
from web.conftest import NAMES, Company, Serve, run

PAGES = ("/", "/cards", "/purchases", "/drift", "/plan")


class Cells(HTMLParser):
    """The text of all rows of all tables, cell by cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        self._inside = self._inside or tag in ("td", "th")
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def get(base: str, path: str, **headers: str) -> requests.Response:
    return requests.get(base + path, headers=headers, timeout=20)


def money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def words(page: str) -> str:
    """The text of a page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def listed(shop: Company) -> list[dict]:
    """All authorizations, asked for without a line of ours."""
    url, key = f"{shop.base}/v1/issuing/authorizations", {"Authorization": "Bearer sk_test_other"}
    page = requests.get(url, params={"limit": 100}, headers=key, timeout=20).json()
    assert not page["has_more"]
    return page["data"]


def counts(authorization: dict) -> int:
    """What Stripe has taken or still holds for an authorization."""
    if not authorization["approved"]:
        return 0
    taken = sum(-each["amount"] for each in authorization["transactions"] if each["type"] == "capture")
    return taken + (authorization["amount"] - taken if authorization["status"] == "pending" else 0)


def month(moment: int) -> tuple[int, int]:
    at = dt.datetime.fromtimestamp(moment, dt.UTC)
    return at.year, at.month


def test_the_figures_are_what_the_api_says_when_somebody_else_sums_them_up(shop, serve):
    pages = serve(shop.account)
    found = listed(shop)
    now = month(max(each["created"] for each in found))
    team = {"ads": "marketing", "print": "marketing", "tools": "engineering", "spare": "engineering"}
    names = {card.id: name for name, card in shop.cards().items()}
    spent, approved, declined = Counter(), Counter(), Counter()
    per_card: Counter[str] = Counter()
    for each in (one for one in found if month(one["created"]) == now):
        name = names[each["card"]["id"]]
        spent[team[name]] += counts(each)
        per_card[name] += counts(each)
        (approved if each["approved"] else declined)[team[name]] += 1
    overview = {row[0]: row for row in Cells(get(pages, "/").text).rows}
    cards = {row[0].split()[0]: row for row in Cells(get(pages, "/cards").text).rows}
    reasons = Counter(e["request_history"][-1]["reason"] for e in found if not e["approved"])

    assert sum(spent.values()) > 0
    for name in ("marketing", "engineering"):
        row = overview[name]
        assert row[2].startswith(f"{money(spent[name])} of ")
        assert (row[3], row[4]) == (str(approved[name]), str(declined[name]))
    assert {name: row[4] for name, row in cards.items() if name in names.values()} == {
        name: money(per_card[name]) for name in names.values()
    }
    assert {reason.replace("_", " "): str(n) for reason, n in reasons.items()} == {
        row[0]: row[1] for row in overview.values() if row[0].replace(" ", "_") in reasons
    }
    total = sum(map(counts, found))
    text = words(get(pages, "/purchases").text)
    assert f"{sum(e['approved'] for e in found)} approved, {money(total)} spent" in text


def test_the_days_that_are_drawn_are_those_whose_purchases_are_counted(shop):
    estate = EstateReader(lambda: shop.account, days=30).read()
    since = dt.datetime.fromtimestamp(estate.first_shown, dt.UTC)

    assert len(estate.shown_days) == 30
    assert f"{since:%Y-%m-%d %H:%M:%S}" == f"{estate.shown_days[0].name} 00:00:00"


def test_limits_say_what_is_used_and_left_also_across_all_cards_of_a_holder(shop, pages):
    text = words(get(pages, f"/cards/{shop.cards()['print'].id}").text)

    assert "$77.77 of $100.00 per day" in text
    assert "$22.23 left" in text
    assert "$401.22 of $900.00 per month" in text  # 200.00 + 123.45 on the other card, 77.77 on this one
    assert "cardholder's limit" in text


def test_tables_are_filtered_and_paged_on_the_server(pages):
    found = Cells(get(pages, "/purchases?outcome=declined&team=marketing").text).rows
    cards = Cells(get(pages, "/cards?q=ADS&status=active").text).rows

    decided = [row[-1] for row in found if row and row[-1].startswith(("approved", "declined"))]
    assert decided == ["declined spending controls"] * 2
    assert [row[0].split()[0] for row in cards[1:]] == ["ads"]
    assert "No card matches" in get(pages, "/cards?q=nobody").text
    for odd in ("page=0", "page=x", "page=99999999", "sort=nope", "name=x&links=y&page=2"):
        assert get(pages, f"/cards?{odd}").status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/events", "/static/estate.js", "/nothing"])
def test_only_this_machine_may_ask_and_only_to_read(pages, path):
    own = pages.removeprefix("http://")
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""):
        assert get(pages, path, Host=host).status_code == 403
    for origin in ("http://evil.example", "null", f"http://x{own}", f"https://{own}"):
        assert get(pages, path, Origin=origin).status_code == 403
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = requests.request(method, pages + path, timeout=20)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_own_names_of_this_machine_are_let_in_and_nothing_may_be_embedded_or_run(pages):
    port = pages.rpartition(":")[2]
    answer = get(pages, "/", Host=f"localhost:{port}", Origin=f"http://localhost:{port}")
    policy = answer.headers["content-security-policy"]

    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?! src=\"/static/)|<style|\son\w+=|style=", answer.text)


def test_people_and_merchants_are_named_only_if_that_is_asked_for(shop, serve, pages):
    card = shop.cards()["tools"].id
    paths = (*PAGES, f"/cards/{card}")
    named = serve(shop.account, personal=True)
    masked = "".join(get(pages, path).text for path in paths)
    shown = "".join(get(named, path).text for path in paths)

    for secret in (*NAMES, "510 Canary Street", "sk_test"):
        assert secret not in masked
    assert NAMES[0] in shown
    assert NAMES[2] in shown
    assert NAMES[1] not in shown  # nobody needs an address to look at cards


def test_drift_has_the_request_that_made_it(shop, pages):
    event = next(iter(shop.sdk.v1.events.list({"types": ["issuing_card.updated"], "limit": 1}).data))
    cause = event.to_dict()["request"]["id"]  # older SDKs have a method of the name `request`
    page = get(pages, "/drift").text

    assert cause in page
    assert "raises spending" in page
    assert "cards.tools" in page
    assert "will be updated in place" in get(pages, "/plan").text
    assert cause in get(pages, f"/cards/{shop.cards()['tools'].id}").text


def test_no_request_but_get_leaves(shop, serve, monkeypatch):
    sent = []
    send = type(shop.account.transport).send

    def watched(self, method, *rest, **more):
        sent.append(method)
        return send(self, method, *rest, **more)

    monkeypatch.setattr(type(shop.account.transport), "send", watched)
    base = serve(shop.account)
    for path in PAGES:
        assert get(base, path).status_code == 200

    assert set(sent) == {"GET"}


def test_unknown_pages_and_cards_say_so(pages):
    for path in ("/nothing", "/cards/ic_unknown", "/cards/<script>", "/static/nothing.js"):
        assert get(pages, path).status_code == 404
    assert "<script>alert" not in get(pages, "/cards/<script>alert(1)</script>").text


def test_new_purchases_are_announced_and_shown(shop: Company, serve: Serve):
    base = serve(shop.account, every=0.05)
    assert "Purchases" in get(base, "/").text
    with requests.get(f"{base}/events", stream=True, timeout=20) as events:
        lines = events.iter_lines(decode_unicode=True)
        next(lines)
        shop.buy(shop.cards()["tools"].id, 4_242, "computer_software_stores")
        said = next(line for line in lines if line.startswith("data: "))

    assert said == "data: 1 new purchase."
    assert "$42.42" in get(base, "/purchases").text


def test_a_stripe_that_cannot_be_read_is_said_without_old_figures_being_lost(shop):
    down = [True]

    class Sometimes(EstateReader):
        def read(self):
            if down[0]:
                raise StripeError("Stripe <b>is</b> down")
            return super().read()

        read_new = read

    ends = []
    try:
        base = run(
            EstateSite(
                LiveEstate(Sometimes(lambda: shop.account, days=30), 0.05), Place("shown", "", "test")
            ),
            ends,
        )
        first = get(base, "/")
        with requests.get(f"{base}/events", stream=True, timeout=20) as events:
            lines = events.iter_lines(decode_unicode=True)
            next(lines)
            down[0] = False
            next(line for line in lines if line.startswith("data: "))
            second = get(base, "/")
            down[0] = True
            next(line for line in lines if line.startswith("data: "))
            third = get(base, "/")
    finally:
        for end in ends:
            end()

    assert first.status_code == 502
    assert "Stripe &lt;b&gt;is&lt;/b&gt; down" in first.text
    assert second.status_code == 200
    assert third.status_code == 200
    assert "marketing" in third.text
    assert "figures are outdated" in third.text
