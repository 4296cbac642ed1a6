"""The plan in a terminal: laid out as Terraform does, with changes that do the same shown as one."""

from hypothesis import given
from hypothesis import strategies as st
from support.plan_documents import change, document, edit, forged, frozen, limit, many

from provisioner.cli.terminal.render import lay_out
from provisioner.core.plan.document import ShownPlan
from provisioner.views.plan.text import plan_text


def screen(plan: ShownPlan, columns: int, *, colored: bool = False) -> str:
    return lay_out(plan_text(plan, columns), columns, colored=colored)


def test_many_changes_alike_are_one():
    text = plan_text(many(312))

    assert "# 312 cards will be updated in place: declared differs from live" in text
    assert (
        "~ spending_controls.spending_limits[0].amount = $500.00 (50000) -> $750.00 (75000) per day" in text
    )
    assert "cards.c000000, cards.c000001" in text
    assert "and 300 more" in text
    assert len(text.splitlines()) < 15


def test_few_are_told_one_by_one():
    text = plan_text(many(4))

    assert text.count("will be updated in place (") == 4


def test_cards_of_different_holders_are_alike():
    made = [
        change(f"cards.c{n}", "create", [edit("cardholder", None, f"cardholders.h{n}")]) for n in range(7)
    ]

    text = plan_text(document(*made))

    assert "# 7 cards will be created" in text
    assert "different values" not in text
    assert "      + cardholder, by card:\n          cards.c0: cardholders.h0\n" in text
    assert "          cards.c6: cardholders.h6\n" in text


def test_it_opens_with_where_it_would_be_applied_and_what_was_changed_outside():
    text = plan_text(document(frozen("cards.ads"), frozen("cards.travel", moved="both"), environment="dev"))

    assert text.startswith(
        "Project acme, environment dev, test mode, account acct_1\n\n"
        "Changed outside of provisioner (this plan reverts it)\n"
        "  cards.ads: status is inactive in Stripe; this plan sets it to active (raises spending)\n"
        "  cards.travel: status is inactive in Stripe; this plan sets it to active"
        " (raises spending; the configuration changed too)\n\nBlast radius\n"
    )


def test_values_changed_by_others_are_marked_among_those_that_the_configuration_changes():
    outside, ours = (
        edit("status", "inactive", "active", moved="live"),
        edit("metadata.team", "a", "b", moved="yaml"),
    )

    mixed = plan_text(document(change("cards.ads", edits=[outside, ours])))
    alone = plan_text(document(change("cards.ads", edits=[outside])))

    assert "inactive -> active  # changed outside of provisioner\n" in mixed
    assert "metadata.team = a -> b\n" in mixed
    assert "inactive -> active\n" in alone


def test_limits_are_words():
    rows = [
        {"amount": 50_000, "interval": "per_authorization"},
        {"amount": 200_000, "interval": "monthly", "categories": ["bakeries", "caterers"]},
    ]
    text = plan_text(document(change("cards.ads", edits=[edit("limits", None, rows, currency="usd")])))

    assert "[$500.00 (50000) per purchase, $2,000.00 (200000) per month on bakeries and caterers]" in text


def test_what_is_final_is_marked_and_red():
    text = plan_text(document(change("cards.old", "retire", final=True)))
    painted = lay_out(text, None, colored=True)

    (line,) = [line for line in painted.splitlines() if "cards.old" in line]
    assert "will be canceled (ic_ds.old) [irreversible]:" in text
    assert line.startswith("\x1b[31m\x1b[1m")


def test_lines_are_as_wide_as_the_terminal_and_whole_in_a_log():
    plan = document(change("cards.ads", edits=[edit("allowed", ["a" * 9] * 9, ["b" * 9] * 9), limit(1, 2)]))

    assert max(map(len, screen(plan, 60).splitlines())) <= 60
    assert max(map(len, plan_text(plan).splitlines())) > 200
    assert screen(plan, 60).split() == plan_text(plan).split()


def test_a_broken_line_keeps_its_colour():
    plan = document(change("cards.ads", edits=[edit("allowed", ["a" * 9] * 9, ["b" * 9] * 9)]))
    lines = screen(plan, 60, colored=True).splitlines()

    first = next(n for n, line in enumerate(lines) if "allowed" in line)
    assert all(line.startswith("\x1b[33m") for line in lines[first : first + 4])


def test_what_is_final_is_red_where_its_line_is_broken_before_it_says_so():
    plan = document(change("cards." + "o" * 30, "retire", final=True))
    lines = screen(plan, 60, colored=True).splitlines()

    first = next(n for n, line in enumerate(lines) if "# cards.ooo" in line)
    assert "[irreversible]" not in lines[first]
    assert "[irreversible]" in lines[first + 1]
    assert all(line.startswith("\x1b[31m\x1b[1m") for line in lines[first : first + 2])


def test_the_line_that_counts_is_bold_to_its_end():
    plan = document(change("balance_targets.usd", "top_up", amount=10_000, currency="usd"))
    painted = screen(plan, 40, colored=True)

    assert all(line.startswith("\x1b[1m") for line in painted.rstrip().splitlines()[-2:])


def test_a_sign_stands_before_a_word_that_is_too_long():
    text = screen(document(change("cards.ads", edits=[limit(1, 2)])), 40)

    assert "\n      ~ spending_controls.spending_limits[0].amount =\n" in text


def test_money_stays_beside_its_words_where_the_last_line_is_broken():
    plan = document(change("balance_targets.usd", "top_up", amount=10_000, currency="usd"))

    for width in range(40, 100):
        assert "top up $100.00." in screen(plan, width)


def test_values_stand_in_one_column_or_right_behind_their_names():
    edits = [edit("name", None, "a"), edit("spending_controls.spending_limits", None, "b")]
    plan = document(change("cards.ads", edits=edits))

    assert f"+ {'name':<33} = a\n" in screen(plan, 80)
    assert "+ name = a\n      + spending_controls.spending_limits = b\n" in screen(plan, 50)


def test_several_moneys_are_a_list():
    tops = [
        change(f"balance_targets.{c}", "top_up", amount=100, currency=c) for c in ("usd", "eur", "gbp", "cad")
    ]

    assert "; top up $1.00, €1.00, £1.00 and CAD 1.00.\n" in plan_text(document(*tops))


def test_no_text_moves_the_cursor():
    text = plan_text(forged())

    assert "\x1b" not in text
    assert "\r" not in text


@given(st.integers(40, 200))
def test_every_width_says_the_same(width):
    assert plan_text(many(3), width).split() == plan_text(many(3)).split()
