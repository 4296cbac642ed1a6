"""Idempotency keys: alike for all who saw the same past, and different as soon as anything has happened."""

from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.model.resource import Address
from provisioner.core.plan.call import attempt_key, creation_key, funding_key

TEXT = st.text("abc-.\n", max_size=6)
PASTS = st.tuples(TEXT, st.builds(Address, TEXT, TEXT), st.integers(1, 3), TEXT)


@given(PASTS)
def test_a_key_fits_and_is_the_same_each_time(past: tuple[str, Address, int, str]) -> None:
    key = creation_key(*past)

    assert key == creation_key(*past)
    assert len(key) <= 255
    assert key.isascii()


def test_every_part_of_the_past_makes_another_key() -> None:
    ads = Address("cards", "ads")
    keys = [
        creation_key("shop", ads, 1, ""),
        creation_key("bakery", ads, 1, ""),
        creation_key("shop", Address("cards", "ad"), 1, ""),
        creation_key("shop", Address("cardholders", "ads"), 1, ""),
        creation_key("shop", ads, 2, ""),
        creation_key("shop", ads, 1, "ic_1"),
        creation_key("shop", ads, 1, "ic_2"),
        attempt_key(creation_key("shop", ads, 1, ""), 1),
        attempt_key(creation_key("shop", ads, 1, ""), 2),
        funding_key("usd", None),
        funding_key("eur", None),
        funding_key("usd", "tu_1"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_says_nothing_about_anybody() -> None:
    key = creation_key("shop", Address("cardholders", "jenny-rosen"), 1, "ich_1")
    assert not {"jenny", "shop", "ich_1"} & set(key.split("-"))
    assert "jenny" not in key
