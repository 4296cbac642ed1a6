"""The HTML page without a browser: one file, nothing to load, and data that cannot get out of its element."""

import base64
import hashlib
import json
import re

from support.plan_documents import change, document, edit, forged, frozen, limit, many

from provisioner.views.plan.html import plan_html


def data(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="plan">(.*?)</script>', page, re.DOTALL)[1]
    )


def test_its_policy_lets_only_its_own_script_run():
    page = plan_html(document(change("cards.ads", edits=[limit(1, 2)])))

    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page
    assert not re.search(r"""(?:src|href)=["']|@import|url\(""", page)


def test_a_forged_plan_stays_in_its_element():
    page = plan_html(forged())

    assert page.count("<script") == 2
    assert data(page)["changes"][0]["a"].startswith("`` ```")


def test_edits_that_many_share_are_in_it_once():
    model = data(plan_html(many(5_000)))

    assert len(model["changes"]) == 5_000
    assert model["edits"] == [
        [
            "~",
            "spending_controls.spending_limits[0].amount",
            "$500.00 (50000) per day",
            "$750.00 (75000) per day",
            "raises spending",
        ]
    ]


def test_it_says_where_the_plan_would_be_applied_and_what_was_changed_outside():
    model = data(plan_html(document(frozen("cards.ads"), environment="dev")))

    assert model["title"] == "Plan for acme (dev)"
    assert model["place"] == "Project acme, environment dev, test mode, account acct_1"
    assert model["outside"]["texts"] == [
        "cards.ads: status is inactive in Stripe; this plan sets it to active (raises spending)"
    ]
    assert model["changes"][0]["o"] == 1
    assert model["edits"][0][4] == "raises spending, changed outside of provisioner"


def test_only_links_to_the_dashboard_are_links():
    links = [
        "https://dashboard.stripe.com/test/issuing/cards/ic_1",
        "javascript:alert(1)",
        "https://evil.example/",
    ]
    changes = (change(f"cards.c{n}", edits=[limit(1, 2)], link=link) for n, link in enumerate(links))

    model = data(plan_html(document(*changes)))

    assert [each.get("l") for each in model["changes"]] == ["test/issuing/cards/ic_1", None, None]


def test_masked_values_are_all_there_is():
    hidden = edit("name", "(sensitive value)", "(sensitive value)", sensitive=True)

    assert (
        data(plan_html(document(change("cards.ads", edits=[hidden]))))["edits"][0][2] == "(sensitive value)"
    )
