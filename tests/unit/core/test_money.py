import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.model.money import Money, exponent, parse_money, show_money

CURRENCIES = st.sampled_from(["usd", "eur", "gbp", "chf", "jpy", "krw", "bhd", "kwd"])


def written(amount: int, currency: str) -> str:
    digits = exponent(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole:,}" + (f".{part:0{digits}d}" if digits else "") + f" {currency.upper()}"


@given(st.integers(0, 10**12), CURRENCIES)
def test_what_is_written_is_read_as_the_same_amount(amount: int, currency: str) -> None:
    assert parse_money(written(amount, currency)) == Money(amount, currency)


@given(st.integers(0, 10**12), CURRENCIES)
def test_what_is_shown_has_the_same_digits(amount: int, currency: str) -> None:
    shown = show_money(amount, currency)
    assert int("".join(c for c in shown if c.isdigit())) == amount
    assert show_money(-amount, currency) == (f"-{shown}" if amount else shown)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("20 USD", 2000),
        ("20.5 USD", 2050),
        ("0.01 usd", 1),
        ("20,000.00 USD", 2_000_000),
        ("5,000 JPY", 5000),
        ("1.005 BHD", 1005),
    ],
)
def test_spellings_that_are_read(text: str, amount: int) -> None:
    assert parse_money(text).amount == amount


@pytest.mark.parametrize(
    "text",
    [
        "20",
        "USD 20",
        "$20",
        "20.00",
        "2,00.00 USD",
        "20.001 USD",
        "20.1 JPY",
        "-20 USD",
        "1e3 USD",
        "20  USD",
        "",
        "20 USDT",
        "٢٠ USD",
        " 20 USD",
        "20 USD\n",
    ],
)
def test_spellings_that_are_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal places|like \"20,000.00 USD\""):
        parse_money(text)


def test_how_amounts_are_shown() -> None:
    assert [
        show_money(200_000, "usd"),
        show_money(-500, "gbp"),
        show_money(1250, "chf"),
        show_money(1250, "jpy"),
    ] == [
        "$2,000.00",
        "-£5.00",
        "CHF 12.50",
        "JPY 1,250",
    ]
