"""The comment on a pull request: short enough, whole, and inert whatever the plan holds."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.plan_documents import HOSTILE, change, document, edit, forged, frozen, limit, many

from provisioner.views.plan.markdown import LONGEST, plan_markdown

VOID = {"hr", "br"}


class Tags(HTMLParser):
    """The tags of a page, and whether every one was closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, _attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def rendered(markdown: str) -> Tags:
    tags = Tags()
    tags.feed(MarkdownIt("commonmark").enable("table").render(markdown))
    tags.close()
    assert tags.open == []
    return tags


def test_the_blast_radius_comes_first_and_what_is_final_before_all_else():
    ending = change("cards.old", "retire", final=True)
    text = plan_markdown(document(change("cards.ads", edits=[limit(50_000, 75_000)]), ending))

    wanted = ("**Plan: ", "Blast radius", "1 irreversible change: `cards.old`")
    order = [text.index(words) for words in wanted]
    details = text.split("<details>")

    assert order == sorted(order)
    assert "cards.old" in details[1]
    assert "cards.ads" in details[2]
    assert "$500.00 (50000) -> $750.00 (75000) per day" in details[2]


def test_the_heading_says_where_the_plan_would_be_applied():
    first, *_ = plan_markdown(document(environment="dev")).splitlines()

    assert first == "### Plan for project `acme`, environment `dev`, `test` mode, account `acct_1`"


def test_values_that_were_changed_outside_come_before_all_else():
    text = plan_markdown(document(*(frozen(f"cards.c{n:02}") for n in range(40))))
    start = text.index("Changed outside of provisioner (this plan reverts it)")

    assert start < text.index("Blast radius")
    assert text.count("status is inactive in Stripe; this plan sets it to active") == 30
    assert "> - and 10 more\n" in text[start:]


def test_long_values_that_were_changed_outside_leave_room_for_the_changes():
    long = [edit("metadata.note", "\N{PARTY POPPER}" * 400, "x", moved="live")]
    text = plan_markdown(document(*(change(f"cards.c{n:02}", edits=long) for n in range(40))))

    assert len(text.encode()) <= LONGEST
    assert "will be updated in place" in text
    assert "> - and 34 more\n" in text
    rendered(text)


def test_a_top_up_raises_spending_too():
    top_up = change("balance_targets.usd", "top_up", amount=10_000, currency="usd")
    text = plan_markdown(document(top_up, change("cards.ads", edits=[limit(1, 2)])))

    assert "| changes that raise spending | **2** |" in text


def test_one_that_gives_power_among_many_that_take_it_comes_first_and_is_counted():
    taking = [change(f"cards.c{n:03}", edits=[limit(50_000, 40_000 - n)]) for n in range(200)]
    giving = change("cards.d", edits=[limit(50_000, 90_000)])
    kept = [change(f"cardholders.h{n}", edits=[edit("metadata.team", "a", "b")]) for n in range(3)]
    text = plan_markdown(document(*[each | {"kind": "cardholder"} for each in kept], *taking, giving))

    first = text.split("<details>")[1]
    assert "<code>201 cards</code> will be updated in place" in first
    assert "; 1 of them raises spending</summary>" in first


def test_teams_are_shown_with_their_currency_where_there_are_several():
    power = [{"amount": 100, "unlimited": 0, "cards": 1}, {"amount": 200, "unlimited": 0, "cards": 1}]
    rows = [
        {"team": "ads", "currency": currency, "others": 0, "before": power[0], "after": power[1]}
        for currency in ("eur", "usd")
    ]
    ours = change("cards.ads", edits=[limit(100, 200)], team="ads")
    text = plan_markdown(document(ours, outlook={"balances": [], "exposure": rows}))

    assert "| `ads` | 1 card | €1.00, $1.00 | €2.00, $2.00 |" in text


def test_small_teams_are_counted():
    power = {"amount": 100, "unlimited": 0, "cards": 1}
    row = {"team": None, "currency": "usd", "others": 3, "before": power, "after": power | {"amount": 200}}

    ours = change("cards.ads", edits=[limit(100, 200)], team="small")
    text = plan_markdown(document(ours, outlook={"balances": [], "exposure": [row]}))

    assert "| `3 other teams` |  | $1.00 | $2.00 |\n| `small` | 1 card |  |  |" in text


def test_notes_are_open_where_there_is_nothing_else():
    note = {"address": "cards.ads", "text": "stays inactive"}

    assert "<details open><summary>1 note</summary>" in plan_markdown(document(notes=(note,)))


def test_changes_that_do_the_same_are_one_line():
    text = plan_markdown(many(312))

    assert "<code>312 cards</code> will be updated in place" in text
    assert text.count("<details>") == 1


@pytest.mark.parametrize("different", [False, True])
def test_ten_thousand_changes_fit_in_one_comment(different):
    text = plan_markdown(many(10_000, different=different))

    assert len(text.encode()) <= LONGEST
    assert "10,000 cards" in text
    rendered(text)


def test_changes_of_one_kind_are_one_block_however_many_limits_differ():
    second = edit("spending_controls.spending_limits[1].amount", 5, 6, "broadening", currency="usd")
    changes = [
        change(f"cards.c{n:02}", edits=[limit(50_000, 60_000 + n), second][: 1 + n % 2]) for n in range(40)
    ]
    text = plan_markdown(document(*changes))

    assert text.count("<details>") == 1
    assert "~ spending_controls.spending_limits[0].amount, by card:\n" in text
    assert "    cards.c00: $500.00 (50000) -> $600.00 (60000) per day\n" in text
    assert "    cards.c39: $500.00 (50000) -> $600.39 (60039) per day\n" in text
    assert "spending_limits[1].amount, by card:\n    cards.c01, cards.c03, " in text


def test_ten_thousand_cards_for_as_many_people_fit_and_say_how_many_are_left_out():
    made = (
        change(f"cards.c{n}", "create", [edit("cardholder", None, f"cardholders.h{n}")])
        for n in range(10_000)
    )
    text = plan_markdown(document(*made))

    assert len(text.encode()) <= LONGEST
    assert "    cards.c0: cardholders.h0\n" in text
    assert "    and 9,800 more\n" in text
    assert "different values" not in text


def test_rows_have_the_signs_of_the_text():
    edits = [edit("a", None, 1), edit("b", 1, None), edit("c", 1, 2)]
    ending = change("cards.old", "replace", [edit("type", "virtual", "physical")], final=True)
    text = plan_markdown(document(change("cards.ads", edits=edits), ending))

    assert "\n+ a = 1\n- b = 1 -> unset\n~ c = 1 -> 2\n" in text
    assert "<summary><code>~</code> <code>cards.ads</code> will be updated" in text
    assert "<summary><code>-/+</code> <code>cards.old</code> must be replaced" in text


def test_a_command_that_allows_a_guardrail_wraps():
    stop = {
        "guardrail": "retired",
        "text": "too many; to allow it once, pass --allow retired=28",
        "number": 28,
    }
    text = plan_markdown(document(change("cards.old", "retire"), stopped_by=[stop]))

    # a code block would not wrap
    assert "> - `too many; to allow it once, pass --allow retired=28`\n" in text


def test_a_table_says_what_is_done_for_each_team():
    sides = ({"amount": amount, "unlimited": 0, "cards": 2} for amount in (100_000, 250_000))
    row = dict(zip(("before", "after"), sides, strict=True)) | {"team": "a|b", "currency": "usd", "others": 0}
    changes = [
        change("cards.new", "create", team="a|b"),
        change("cards.ads", edits=[limit(1, 2)], team="a|b"),
        change("cards.ops", edits=[limit(1, 2)], team="a|b"),
        change("cardholders.jo", "retire", kind="cardholder", team="jo"),
        change("balance_targets.usd", "top_up", kind="balance target", amount=100, currency="usd"),
    ]
    text = plan_markdown(document(*changes, outlook={"balances": [], "exposure": [row]}))

    assert (
        "| Team | `+` create | `~` update | `-` retire | `$` top up "
        "| Monthly exposure now | After this plan |\n"
        "|---|---|---|---|---|---|---|\n"
        "| `a\N{BROKEN BAR}b` | 1 card | 2 cards |  |  | $1,000.00 | $2,500.00 |\n"
        "| no team |  |  |  | 1 balance target |  |  |\n"
        "| `jo` |  |  | 1 cardholder |  |  |  |\n"
    ) in text
    rendered(text)


@pytest.mark.parametrize("longest", [LONGEST, LONGEST // 2])
def test_the_longest_texts_everywhere_fit_and_leave_room_for_changes(longest):
    long = "\N{PARTY POPPER}&<" * 500
    power = {"amount": 10**11, "unlimited": 7, "cards": 1}
    teams = [
        {"team": f"{n}{long}", "currency": "usd", "others": 0, "before": power, "after": power | {"cards": n}}
        for n in range(100)
    ]
    changes = [
        change(
            f"cards.{n}{long}",
            "retire",
            [edit("note", long, "x", moved="live")],
            final=True,
            team=f"{n}{long}",
        )
        for n in range(100)
    ]
    stops = [{"guardrail": "retired", "text": long, "number": 1}] * 100
    notes = ({"address": f"cards.{long}", "text": long},) * 100
    text = plan_markdown(
        document(*changes, notes=notes, stopped_by=stops, outlook={"balances": [], "exposure": teams}),
        longest,
    )

    assert len(text.encode()) <= longest
    assert "<code>100 cards</code> will be canceled" in text
    rendered(text)


def test_what_does_not_fit_is_counted():
    changes = [
        change(f"cards.c{n}", edits=[edit(f"metadata.{n}-{'x' * 300}", "a", "b" * 3_000)]) for n in range(400)
    ]
    text = plan_markdown(document(*changes))

    shown = text.count("<details>")
    assert len(text.encode()) <= LONGEST
    assert shown > 10
    assert f"**{400 - shown} more changes do not fit here.**" in text
    rendered(text)


def test_a_forged_plan_is_inert():
    page = rendered(plan_markdown(forged()))

    assert not page.seen & {"script", "a", "img", "em"}
    assert "@everyone" in page.text
    assert "evil.example" in page.text
    assert "\x1b" not in page.text


def test_mentions_and_links_stand_in_code_only():
    markdown = plan_markdown(forged())
    outside = MarkdownIt("commonmark").enable("table").parse(markdown)

    texts = [
        child.content
        for token in outside
        if token.type == "inline"
        for child in token.children
        if child.type == "text"
    ]
    assert not any("@everyone" in text or "http" in text for text in texts)


TEXTS = st.text(max_size=40) | st.sampled_from([HOSTILE, "```", "</details>", "|", "\n\n", "`a``b`"])


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=8))
def test_no_text_breaks_the_comment(rows):
    changes = [
        change(
            f"cards.{address}",
            "retire" if n % 2 else "update",
            [edit(path, before, after)],
            final=bool(n % 2),
        )
        for n, (address, path, before, after) in enumerate(rows)
    ]
    page = rendered(plan_markdown(document(*changes, project=rows[0][0] if rows else "acme")))

    assert page.seen <= {
        "h3",
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
    } | {
        "pre",
        "code",
        "blockquote",
    }


def test_a_few_notes_are_open_and_many_are_folded():
    def said(number: int) -> str:
        return plan_markdown(document(change("cards.ads"), notes=({"address": "", "text": "look"},) * number))

    assert "<details open><summary>5 notes</summary>" in said(5)
    assert "<details><summary>6 notes</summary>" in said(6)
