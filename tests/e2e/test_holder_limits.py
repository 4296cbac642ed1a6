"""A cardholder's limits: told with their currency, whatever Stripe shows of it."""

from e2e.conftest import COMPANY, Desk, body

LIMITS = "    spending_controls: {spending_limits: [{amount: %s, interval: monthly}]}\n"
SYNC = "No changes. Stripe matches the configuration.\n"


def test_a_limit_is_told_and_sent_with_its_currency(desk: Desk):
    desk.write(COMPANY + LIMITS % '"5,000.00 USD"')

    plan = desk.run("plan").stdout
    desk.run("apply", "--auto-approve")

    assert "[$5,000.00 (500000) per month]" in plan
    assert desk.live("cardholders")["cardholders.acme"]["spending_controls"]["spending_limits_currency"] == (
        "usd"
    )
    assert body(desk.run("plan").stdout) == SYNC


def test_an_export_names_the_currency_that_stripe_does_not_show(desk: Desk):
    address = {"line1": "1 Main", "city": "SF", "state": "CA", "postal_code": "94111", "country": "US"}
    limits = [{"amount": 500000, "interval": "monthly"}]
    desk.sdk.v1.issuing.cardholders.create(
        {
            "name": "Acme Inc",
            "type": "company",
            "billing": {"address": address},
            "spending_controls": {"spending_limits": limits},
        }
    )

    text = desk.run("export").stdout
    desk.write(text)
    desk.run("import", ".", "--all", "--auto-approve")

    assert "amount: 5,000.00 USD" in text
    assert "spending_limits_currency: usd" in text
    assert "+ spending_controls.spending_limits_currency = usd" in desk.run("plan").stdout
    desk.run("apply", "--auto-approve")
    assert body(desk.run("plan").stdout) == SYNC
