"""A cardholder's limits are in a currency that the YAML names, and not in one that Stripe would guess."""

from config_texts import HEAD, HOLDER

from provisioner.core.model.resource import Address

ACME = Address("cardholders", "acme")
LIMITS = "    spending_controls:\n      spending_limits: [{{amount: {amount}, interval: monthly}}]\n"


def limits(amount, more=""):
    return HEAD + HOLDER + LIMITS.format(amount=amount) + more


def test_amounts_written_with_a_currency_name_it(load):
    controls = load(limits('"2,000.00 EUR"')).declared[ACME].fields["spending_controls"]

    assert controls["spending_limits_currency"] == "eur"


def test_minor_units_alone_are_left_to_stripes_default(load):
    controls = load(limits(200000)).declared[ACME].fields["spending_controls"]

    assert "spending_limits_currency" not in controls


def test_minor_units_with_a_currency_are_sound(load):
    named = limits(200000, "      spending_limits_currency: gbp\n")

    assert load(named).declared[ACME].fields["spending_controls"]["spending_limits_currency"] == "gbp"


def test_a_currency_that_came_with_a_hidden_amount_is_hidden(load):
    declared = load(limits('"${env.LIMIT}"'), environ={"LIMIT": "20.00 EUR"}).declared[ACME]

    assert "spending_controls.spending_limits_currency" in declared.sensitive


def test_a_balance_targets_wrong_name_is_not_taken_for_a_currency(problems):
    text = HEAD + 'balance_targets:\n  main: {target: "10.00 USD", max_top_up: "5.00 USD"}\n'

    (said,) = problems(text)
    assert "'main' is not valid; a balance target's name is its currency" in said
