"""Profiles: what `use` brings in, and what wins."""

import pytest
from config_texts import BASE

from provisioner.core.model.resource import Address

ADS = Address("cards", "ads")


def fields(load, own, profiles):
    return load(f"{BASE}{own}profiles:\n{profiles}").declared[ADS].fields


def test_the_cards_own_keys_win_at_every_depth(load):
    profiles = "  a: {status: active, metadata: {x: a, y: a}}\n"

    found = fields(load, "    use: a\n    metadata: {y: own, z: own}\n", profiles)

    assert found["status"] == "active"
    assert found["metadata"] == {"x": "a", "y": "own", "z": "own"}


def test_later_profiles_win_over_earlier_ones_and_over_those_they_use(load):
    profiles = """\
  a: {use: c, metadata: {x: a}}
  b: {metadata: {x: b, y: b}}
  c: {metadata: {x: c, y: c, z: c}}
"""
    assert fields(load, "    use: [a, b]\n", profiles)["metadata"] == {"x": "b", "y": "b", "z": "c"}


def test_lists_are_replaced(load):
    profiles = "  a: {spending_controls: {allowed_categories: [bakeries, caterers]}}\n"

    found = fields(load, "    use: a\n    spending_controls: {allowed_categories: [car_washes]}\n", profiles)

    assert found["spending_controls"] == {"allowed_categories": ("car_washes",)}


def test_what_cards_have_of_one_profile_is_there_once(load):
    profiles = """\
  a:
    spending_controls: {allowed_categories: [bakeries], spending_limits: [{amount: 1, interval: daily}]}
"""
    own = "    use: a\n  web: {cardholder: acme, currency: usd, type: virtual, use: a}\n"

    declared = load(f"{BASE}{own}profiles:\n{profiles}").declared

    ads, web = declared[ADS].fields, declared[Address("cards", "web")].fields
    assert ads["spending_controls"] is web["spending_controls"]


@pytest.mark.parametrize("own", ["status: ~", "status:", "status: null"])
def test_null_takes_the_profiles_key_away(load, own):
    assert "status" not in fields(load, f"    use: a\n    {own}\n", "  a: {status: active}\n")


@pytest.mark.parametrize(("one", "other"), [("allowed", "blocked"), ("blocked", "allowed")])
def test_an_allow_list_takes_the_block_list_away_and_the_other_way_round(load, one, other):
    profiles = (
        f"  a: {{spending_controls: {{{one}_categories: [bakeries], {one}_card_presences: [present]}}}}\n"
    )

    found = fields(load, f"    use: a\n    spending_controls: {{{other}_categories: [caterers]}}\n", profiles)

    assert found["spending_controls"] == {
        f"{other}_categories": ("caterers",),
        f"{one}_card_presences": ("present",),
    }


def test_both_lists_in_one_place_stay_an_error(problems):
    both = "{allowed_categories: [bakeries], blocked_categories: [caterers]}"
    own = f"    use: a\n    spending_controls: {both}\n"

    assert len(problems(f"{BASE}{own}profiles: {{a: {{status: active}}}}\n")) == 1


def test_required_fields_may_come_from_a_profile_in_pieces(load):
    text = BASE.replace("city: Springfield, ", "").replace("    type: company\n", "    use: here\n")

    config = load(text + "profiles: {here: {type: company, billing: {address: {city: Shelbyville}}}}\n")

    assert (
        config.declared[Address("cardholders", "acme")].fields["billing"]["address"]["city"] == "Shelbyville"
    )


def test_a_fault_in_a_profile_is_told_once_and_there(problems):
    text = BASE + "    use: a\n  more: {use: a, cardholder: acme}\n"

    assert problems(text + "profiles:\n  a: {currency: usd, type: virtul}\n") == [
        "a.yaml:16:28: profiles.a: 'type': 'virtul' is not one of virtual, physical; did you mean 'virtual'?"
    ]


def test_a_wrong_currency_in_a_profile_is_told_at_its_line_once(problems):
    limits = "{spending_controls: {spending_limits: [{amount: 5.00 EUR, interval: daily}]}}"
    text = BASE + "    use: a\n  more: {use: a, cardholder: acme, currency: usd, type: virtual}\n"

    assert problems(f"{text}profiles:\n  a: {limits}\n") == [
        "a.yaml:16:54: cards.ads: 'amount' is in EUR, but the amounts here are in USD"
    ]


def test_own_faults_are_told_next_to_the_profiles(problems):
    lines = problems(BASE + "    use: a\n    second_line: 5\nprofiles: {a: {statsu: active}}\n")

    assert [line.split(":")[1] for line in lines] == ["14", "15"]


def test_lifecycle_may_come_from_a_profile(load):
    config = load(BASE + "    use: a\nprofiles: {a: {lifecycle: {protect: true}}}\n")

    assert config.declared[ADS].lifecycle.protect
