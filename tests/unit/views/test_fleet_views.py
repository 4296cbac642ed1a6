"""A fleet's report in words and as a page: what happened, and nothing that could act."""

from msgspec.structs import replace

from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.json_document import MovedMoney
from provisioner.views.fleet import columns, outcome_line, totals_text
from provisioner.views.fleet_html import html_head, html_row, html_tail
from provisioner.views.wrap import wrap_line

OUTCOME = AccountLine(
    "plan",
    "acct_1A",
    "north",
    2,
    counts={"create": 3, "retire": 1},
    money=(MovedMoney("usd", 50000),),
    ends=1,
    requests=5,
    seconds=0.25,
    worker="w",
)
FAILED = replace(OUTCOME, code=1, counts={}, money=(), problems=("<b>no\x1b[31m",))
TOTALS = FleetTotals(
    phase="plan totals",
    fleet="acme",
    accounts=4,
    ended=2,
    failed=1,
    not_begun=2,
    codes={"1": 1, "2": 1},
    code=1,
    halted="1 account failed, 0 allowed",
    counts={"create": 3},
    money=(),
    ends=1,
    stopped=0,
    stopped_by=(),
    requests=10,
    seconds=2.0,
    worst=(FAILED, OUTCOME),
)


def test_one_line_says_what_one_account_needs():
    assert outcome_line(OUTCOME) == "acct_1A  north  3 to create, 1 to retire; top up $500.00"
    assert outcome_line(replace(OUTCOME, name="acct_1A", counts={}, money=())) == "acct_1A  in sync"


def test_what_people_have_to_do_is_not_kept_back():
    wire = replace(OUTCOME, name="acct_1A", counts={"create": 0, "pending": 1}, money=())

    assert outcome_line(wire) == "acct_1A  in sync; 1 manual action required"


def test_an_applied_account_says_its_steps():
    counts = {"create": 2, "mark": 1, "done": 4, "failed": 1, "skipped": 2}
    applied = replace(OUTCOME, phase="apply", counts=counts, code=5)

    assert outcome_line(replace(applied, problems=("cards.a: no",))) == (
        "acct_1A  north  FAILED (5): 2 created, 1 ownership metadata updated; topped up $500.00; "
        "1 failed, 2 skipped; cards.a: no"
    )
    assert outcome_line(replace(applied, code=0, counts={"create": 1}, money=())) == (
        "acct_1A  north  1 created"
    )


def test_the_end_says_sums_why_it_stopped_and_who_is_worst():
    many = replace(TOTALS, accounts=24, not_begun=22)
    assert totals_text(many) == (
        "Fleet acme, plan: 24 accounts, 1 failed, 1 with changes (2.0 s, 1.0 accounts/s, 10 requests).\n"
        "  Total of the accounts that finished: 3 to create.\n"
        "  Stopped early: 1 account failed, 0 allowed; accounts in progress were finished.\n"
        "  22 accounts not started; rerun the same command to do the rest.\n"
        "  Worst:\n"
        "    acct_1A  north  FAILED (1): <b>no\\x1b[31m\n"
    )
    assert "Worst" not in totals_text(TOTALS)  # the line of each account is still in sight
    assert "  No account succeeded.\n" in totals_text(replace(TOTALS, ended=1, failed=1))


def test_the_page_shows_text_as_text_and_lets_nothing_run():
    page = html_head("<script>") + html_row(FAILED) + html_row(OUTCOME) + html_tail([TOTALS])

    assert "<script" not in page
    assert "&lt;b&gt;no\\x1b[31m" in page
    assert "default-src 'none'" in page
    assert page.count('<tr class="failed">') == 1


def test_what_stripe_holds_back_is_counted_beside_drift():
    held = AccountLine("drift", "a", "a", 0, counts={"drift": 0, "pending": 1, "warnings": 2})
    moved = AccountLine("drift", "a", "a", 2, counts={"drift": 3, "pending": 0, "warnings": 1})

    assert outcome_line(held) == "a  no drift, 1 not applied yet, 2 blocked by Stripe"
    assert outcome_line(moved) == "a  3 changed outside of provisioner, 1 blocked by Stripe"


def test_accounts_form_a_table():
    other = replace(OUTCOME, account="acct_1Long", name="acct_1Long")

    widths = columns((each.account, each.name) for each in (OUTCOME, other))

    lines = [outcome_line(each, *widths) for each in (OUTCOME, other)]

    assert {line.index("3 to create") for line in lines} == {19}


def test_on_a_narrow_terminal_the_result_is_not_squeezed_into_the_last_column():
    line = "acct_1FleetShop00001  mill-street-cycles  3 to create; top up $500.00"

    wide, narrow = (wrap_line(line, width, hanging=42) for width in (66, 40))

    assert wide == ["acct_1FleetShop00001  mill-street-cycles  3 to create;", f"{'':42}top up $500.00"]
    assert narrow == ["acct_1FleetShop00001  mill-street-cycles", "    3 to create; top up $500.00"]
