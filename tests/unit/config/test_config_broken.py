"""One small broken file each: the line and column that are named, and the words that help."""

import pytest
from config_texts import BASE, CARD, HEAD


def card(more):
    return BASE + more


def limits(rows):
    return card(f"    spending_controls:\n      spending_limits: [{{{rows}}}]\n")


def swap(old, new):
    assert old in BASE
    return BASE.replace(old, new, 1)


CASES = {
    # the text
    "a tab": (swap("    cardholder", "\tcardholder"), "10:1", "tab"),
    "wrong indentation": (swap("    cardholder: acme", "   cardholder: acme"), "11:13", "indentation"),
    "text with a colon": (swap("name: Acme Inc", "name: Acme: Inc"), "5:15", "quote"),
    "open bracket": (card("    use: [a\n"), "14:1", "missing a comma, or a closing ']'"),
    "open quote": (card('    use: "a\n'), "14:1", "quote"),
    "unknown escape": (card('    use: "\\q"\n'), "13:11", "escape"),
    "bad first character": (card("    use: @a\n"), "13:10", "cannot start with this character; quote it"),
    "control character": (card("    second_line: a\x01b\n"), "13:19", "control character"),
    "not UTF-8": (BASE.encode() + b"    second_line: \xff\n", "13:18", "UTF-8"),
    "UTF-16": (BASE.encode("utf-16"), "1:1", "UTF-8"),
    "two documents": (BASE + "---\na: 1\n", "13:1", "a file holds one document"),
    "not a mapping": ("- a\n", "1:1", "expected a mapping"),
    "duplicate key": (
        card("    currency: usd\n"),
        "13:5",
        "duplicate key 'currency'; first defined on line 11",
    ),
    "duplicate address": (card("  ads: {}\n"), "13:3", "duplicate key 'ads'; first defined on line 9"),
    "object tag": (swap("Acme Inc", "!!python/object/apply:os.system [x]"), "5:11", "'!!python/object/apply"),
    "typed tag": (card("    exp_year: !!int '2030'\n"), "13:15", "tag '!!int' is not supported"),
    "own tag": (card("    metadata: !thing {}\n"), "13:15", "tag '!thing' is not supported"),
    "number as a key": (swap("  ads:", "  123:"), "9:3", 'quote it: "123"'),
    "boolean as a key": (swap("  ads:", "  on:"), "9:3", 'quote it: "on"'),
    "null as a key": (card("    ~: 1\n"), "13:5", 'quote it: "~"'),
    "no key at all": (card("    ? \n    : 1\n"), "13:6", "missing key before ':'"),
    "no key": (card("    : 1\n"), "13:5", "expected a key"),
    "list as a key": (card("    ? [a]\n    : 1\n"), "13:7", "a key must be a string"),
    "endless key": (card(f"    {'k' * 300}: 1\n"), "13:5", "key has 300 characters"),
    "alias without anchor": (swap("Acme Inc", "*nope"), "5:11", "no anchor '&nope'"),
    "alias of itself": (card("    metadata: &m {a: *m}\n"), "13:22", "is inside the value that it refers to"),
    "merge of a text": (card("    <<: text\n"), "13:9", "'<<' expects an alias of a mapping"),
    "too deep": (card(f"    metadata: {'[' * 200}\n"), "13:112", "more than 100 levels"),
    # keys and choices
    "unknown top-level key": (BASE + "crads: {}\n", "13:1", "unknown key 'crads'; did you mean 'cards'?"),
    "unknown field": (card("    spendng_controls: {}\n"), "13:5", "did you mean 'spending_controls'?"),
    "unknown field of nothing": (card("    pinn:\n"), "13:5", "unknown key 'pinn'; did you mean 'pin'?"),
    "Terraform's word": (
        card("    lifecycle: {prevent_destroy: true}\n"),
        "13:17",
        "unknown key 'prevent_destroy'; did you mean 'protect'?",
    ),
    "Terraform's word in the wrong place": (
        card("    prevent_destroy: true\n"),
        "13:5",
        "unknown key 'prevent_destroy'; did you mean 'protect' under 'lifecycle'?",
    ),
    "category code": (
        card("    spending_controls: {allowed_categories: [5812]}\n"),
        "13:46",
        "'allowed_categories': 5812 is a merchant category code (MCC); write eating_places_restaurants",
    ),
    "category code in quotes": (
        card("    spending_controls: {allowed_categories: ['0763']}\n"),
        "13:46",
        "'allowed_categories': 0763 is a merchant category code (MCC); write agricultural_cooperative",
    ),
    "category code with a zero": (
        card("    spending_controls: {allowed_categories: [0763]}\n"),
        "13:46",
        "'allowed_categories': 0763 is a merchant category code (MCC); write agricultural_cooperative",
    ),
    "unknown sub-field": (card("    pin: {number: 1}\n"), "13:11", "valid keys: encrypted_number"),
    "near choice": (card("    status: activ\n"), "13:13", "did you mean 'active'?"),
    "far choice": (card("    status: frozen\n"), "13:13", "not one of active, inactive"),
    "unknown category": (
        card("    spending_controls: {blocked_categories: [hotels_motels_resorts]}\n"),
        "13:46",
        "did you mean 'hotels_motels_and_resorts'?",
    ),
    "missing field": (swap("    currency: usd\n", ""), "9:3", "'currency' is missing"),
    "empty resource": (HEAD + "cards:\n  ads:\n", "4:3", "'cardholder' is missing"),
    "nothing in a list": (
        card("    spending_controls: {allowed_merchant_countries: [~]}\n"),
        "13:54",
        "expected a string, got null",
    ),
    "mapping for a list": (
        card("    spending_controls: {allowed_merchant_countries: {US: x}}\n"),
        "13:53",
        "expected a list, got a mapping",
    ),
    "list for a text": (card("    status: [active]\n"), "13:13", "expected a string, got a list"),
    "empty metadata key": (card("    metadata: {'': x}\n"), "13:16", "a key must not be empty"),
    "missing in a hash": (swap("city: Springfield, ", ""), "7:15", "'city' is missing"),
    "resource as text": (
        HEAD + "cards:\n  ads: Jane\n",
        "4:3",
        "expected a mapping (lines of `key: value`)",
    ),
    "section as list": (HEAD + "cards: [ads]\n", "3:8", "expected a mapping (lines of `key: value`)"),
    "text for a list": (
        card("    spending_controls: {allowed_merchant_countries: US}\n"),
        "13:53",
        "write [US]",
    ),
    # YAML's surprises
    "NO as a country": (swap("country: US", "country: NO"), "7:97", 'quote it: "NO"'),
    "NO in a list": (
        card("    spending_controls:\n      allowed_merchant_countries: [SE, NO]\n"),
        "14:40",
        'quote it: "NO"',
    ),
    "postal code with a zero": (swap('"94111"', "02139"), "7:79", "a number with a leading zero"),
    "postal code": (swap('"94111"', "94111"), "7:79", "expected a string, got a number; quote it"),
    "phone number": (
        swap("type: company", "phone_number: +18008675309"),
        "6:19",
        "expected a string, got a number; quote it",
    ),
    "date": (card("    second_line: 2024-01-01\n"), "13:18", "a date"),
    "date as a name": (swap("  ads:", "  2024-01-01:"), "9:3", 'quote it: "2024-01-01"'),
    "number in metadata": (
        card("    metadata: {team: 5}\n"),
        "13:22",
        'expected a string, got a number; quote it: "5"',
    ),
    "hexadecimal": (
        card("    metadata: {team: 0x1f}\n"),
        "13:22",
        'got a hexadecimal or binary number; quote it: "0x1f"',
    ),
    "in base 60": (card("    metadata: {at: 12:30:45}\n"), "13:20", "in base 60"),
    "not a number": (
        card("    exp_month: twelve\n    exp_year: 2030\n"),
        "13:16",
        "expected a whole number, got a string",
    ),
    "quoted number": (card("    exp_month: '5'\n    exp_year: 2030\n"), "13:16", "remove the quotes"),
    # amounts
    "float": (limits("amount: 20.50, interval: daily"), "14:34", '"2,000.00 USD"'),
    "exponent": (limits("amount: 1e3, interval: daily"), "14:34", "a number with a fraction"),
    "octal": (limits("amount: 0100, interval: daily"), "14:34", "an octal number"),
    "underscores": (limits("amount: 2_000, interval: daily"), "14:34", "a number with underscores"),
    "boolean amount": (limits("amount: yes, interval: daily"), "14:34", "whole number of minor units"),
    "endless amount": (limits(f"amount: {'9' * 30}, interval: daily"), "14:34", "too many digits"),
    "dollars": (limits("amount: $2000, interval: daily"), "14:34", "'$2000' is not valid"),
    "less than the least": (
        HEAD + "balance_targets:\n  usd: {target: 5, max_top_up: 0.00 USD}\n",
        "4:32",
        "'max_top_up' must be at least 1 minor units",
    ),
    "negative": (limits("amount: -1, interval: daily"), "14:34", "at least 0"),
    "too exact": (limits("amount: 1.005 USD, interval: daily"), "14:34", "2 decimal places"),
    "another currency": (
        limits("amount: 5.00 EUR, interval: daily"),
        "14:34",
        "in EUR, but the amounts here are in USD",
    ),
    "target in another currency": (
        HEAD + "balance_targets:\n  eur: {target: 5.00 USD}\n",
        "4:17",
        "in USD, but the amounts here are in EUR",
    ),
    "cardholder with two currencies": (
        BASE.split("cards:")[0]
        + "    spending_controls:\n      spending_limits:\n"
        + "        - {amount: 5.00 USD, interval: daily}\n"
        + "        - {amount: 5.00 EUR, interval: weekly}\n",
        "11:20",
        "in EUR, but the amounts here are in USD",
    ),
    "target of nothing": (HEAD + "balance_targets:\n  usd: {}\n", "4:3", "'target' is missing"),
    "below the target": (
        HEAD + "balance_targets:\n  usd: {target: 5, top_up_below: 6}\n",
        "4:34",
        "'top_up_below' must not be more than 'target'",
    ),
    "name is no currency": (
        HEAD + "balance_targets:\n  dollars: {target: 5}\n",
        "4:3",
        "three lowercase letters",
    ),
    # between fields and resources
    "dangling": (swap("holder: acme", "holder: amce"), "10:17", "did you mean 'acme'?"),
    "id of another kind": (swap("holder: acme", "holder: ic_1"), "10:17", "or use an id (ich_...)"),
    "allowed and blocked": (
        card("    spending_controls: {allowed_categories: [bakeries], blocked_categories: [caterers]}\n"),
        "13:77",
        "'blocked_categories' cannot be combined with 'allowed_categories'",
    ),
    "row twice": (
        limits("amount: 5, interval: daily}, {amount: 6, interval: daily"),
        "14:55",
        "duplicate row: another one has the same interval and categories",
    ),
    "half an expiry": (card("    exp_month: 5\n"), "13:16", "'exp_month' requires 'exp_year'"),
    "physical without shipping": (swap("type: virtual", "type: physical"), "9:3", "needs 'shipping'"),
    "out of range": (card("    exp_month: 13\n    exp_year: 2030\n"), "13:16", "at most 12"),
    "too long": (card(f"    second_line: {'x' * 25}\n"), "13:18", "the maximum is 24"),
    "empty text": (card("    second_line: ''\n"), "13:18", "must not be empty; remove the key"),
    "huge text": (card(f"    second_line: {'x' * 100_000}\n"), "13:18", "has 100000 characters"),
    "bad pattern": (swap("currency: usd", "currency: USD"), "11:15", "three lowercase letters"),
    "line break at the end": (swap("currency: usd", "currency: |\n      usd"), "11:15", "lowercase letters"),
    "digits in a person's name": (
        swap("name: Acme Inc\n    type: company", "name: Ada 4\n    type: individual"),
        "5:11",
        "letters, spaces",
    ),
    "signs in a name": (swap("Acme Inc", "Acme *4"), "5:11", "letters, digits"),
    "name of a resource": (swap("  ads:", "  'a b':"), "9:3", "a name is at most 100 letters, digits"),
    "our metadata": (card("    metadata: {provisioner_project: x}\n"), "13:16", "which is reserved"),
    "long metadata key": (
        card(f"    metadata: {{{'k' * 41}: x}}\n"),
        "13:16",
        "41 characters; the maximum is 40",
    ),
    "long metadata value": (card(f"    metadata: {{k: {'x' * 501}}}\n"), "13:19", "the maximum is 500"),
    "much metadata": (
        card("    metadata: {" + ", ".join(f"k{n}: x" for n in range(45)) + "}\n"),
        "13:15",
        "has 45 keys; the maximum is 44",
    ),
    # lifecycle
    "unknown lifecycle": (card("    lifecycle: {proect: true}\n"), "13:17", "did you mean 'protect'?"),
    "removal": (card("    lifecycle: {on_remove: delete}\n"), "13:28", "deactivate, cancel, keep"),
    "cardholders are not canceled": (
        BASE.split("cards:")[0] + "    lifecycle: {on_remove: cancel}\n",
        "8:28",
        "not one of deactivate, keep",
    ),
    "targets have no lifecycle": (
        HEAD + "balance_targets:\n  usd: {target: 5, lifecycle: {protect: true}}\n",
        "4:20",
        "unknown key 'lifecycle'",
    ),
    "ignored field": (card("    lifecycle: {ignore: [statsu]}\n"), "13:26", "did you mean 'status'?"),
    "ignored part of a row": (
        card("    lifecycle: {ignore: [spending_controls.spending_limits.amount]}\n"),
        "13:26",
        "has no field 'spending_controls.spending_limits.amount'",
    ),
    "ignored sub-field": (
        card("    lifecycle: {ignore: [shipping.adress]}\n"),
        "13:26",
        "did you mean 'address'?",
    ),
    "ignored holder": (
        card("    lifecycle: {ignore: [cardholder]}\n"),
        "13:26",
        "'cardholder' cannot be ignored",
    ),
    "earlier name is an address": (
        card("    lifecycle: {previously: [cards.old]}\n"),
        "13:30",
        "write only the name, 'old'",
    ),
    "earlier name is there": (
        card("    lifecycle: {previously: [ads]}\n"),
        "13:30",
        "is still in the configuration",
    ),
    "reissue": (
        card("    lifecycle: {reissue: {number: 0, reason: eaten}}\n"),
        "13:46",
        "not one of damaged",
    ),
    "a virtual card is not damaged": (
        card("    lifecycle: {reissue: {number: 1, reason: damaged}}\n"),
        "13:46",
        "only a physical card can be replaced as damaged; a virtual card can be lost, stolen, or expired",
    ),
    "nor replaced by hand as damaged": (
        card("    replacement_for: ic_1\n    replacement_reason: damaged\n"),
        "14:25",
        "only a physical card can be replaced as damaged",
    ),
    # settings
    "no version": (BASE.replace("version: 1\n", ""), "1:1", "start the file with `version: 1`"),
    "another version": (swap("version: 1", "version: 2"), "1:10", "must be 1"),
    "no project": (BASE.replace("project: p\n", ""), "1:1", "'project' is missing"),
    "project": (swap("project: p", "project: Acme Inc"), "2:10", "lowercase letters"),
    "mode": (BASE + "mode: prod\n", "13:7", "'prod' is not one of test, live"),
    "account": (BASE + "account: acme\n", "13:10", "acct_"),
    "unknown guardrail": (BASE + "guardrails: {max_topup: 5}\n", "13:14", "did you mean 'max_top_up'?"),
    "guardrail currency": (
        BASE + "guardrails: {max_top_up: {usd: 5.00 EUR}}\n",
        "13:32",
        "the amount under 'usd' is in EUR",
    ),
    "guardrail amount": (BASE + "guardrails: {max_top_up: lots}\n", "13:26", "'lots' is not"),
    "exact guardrail": (
        BASE + "guardrails: {max_top_up: 1.005 USD}\n",
        "13:26",
        "whole number of minor units",
    ),
    "guardrail count": (BASE + "guardrails: {max_retired: -1}\n", "13:27", "at least 0"),
    # profiles
    "unknown profile": (card("    use: adz\nprofiles: {ads: {}}\n"), "13:10", "did you mean 'ads'?"),
    "circle": (
        card("    use: a\nprofiles:\n  a: {use: b}\n  b: {use: a}\n"),
        "15:12",
        "in a cycle: 'b' -> 'a' -> 'b'",
    ),
    "unused profile": (BASE + "profiles:\n  a: {status: activ}\n", "14:15", "did you mean 'active'?"),
    "profile of another kind": (
        card("    use: a\nprofiles:\n  a: {email: a@example.com}\n"),
        "15:7",
        "unknown key 'email'",
    ),
    "use of a number": (card("    use: 5\n"), "13:10", "expected a string or a list"),
    # variables
    "unknown variable": (
        BASE + "vars: {team: x}\naccount: ${var.tema}\n",
        "14:10",
        "did you mean 'team'?",
    ),
    "unset environment": (card("    second_line: ${env.NOPE}\n"), "13:18", "'NOPE' is not set"),
    "missing file": (card("    second_line: ${file.nope}\n"), "13:18", "file 'nope' does not exist"),
    "impossible file": (
        card(f"    second_line: ${{file.{'x' * 300}}}\n"),
        "13:18",
        "cannot be read: File name too long",
    ),
    "hole that was merged in": (card("    <<: {second_line: '${env.NOPE}'}\n"), "10:5", "'NOPE' is not set"),
    "unknown hole": (card("    second_line: ${nope}\n"), "13:18", "write ${var.NAME}"),
    "open hole": (card("    second_line: ${var.x\n"), "13:18", "has no closing '}'"),
    "variable of a float": (BASE + "vars: {rate: 1.5}\n", "13:14", "a number with a fraction"),
}


@pytest.mark.parametrize(("text", "place", "words"), CASES.values(), ids=CASES.keys())
def test_a_broken_file_is_told_with_its_place_and_what_would_be_right(problems, text, place, words):
    lines = problems(text)

    assert any(line.startswith(f"a.yaml:{place}: ") and words in line for line in lines), lines
    assert len(lines) <= 3, lines


def test_the_base_of_the_table_is_sound(problems):
    assert problems(BASE) == []


def test_all_problems_come_at_once_in_the_order_of_the_file(problems):
    text = (
        card("    status: activ\n    exp_month: 13\n")
        .replace("Acme Inc", "Acme *4")
        .replace("acme\n", "amce\n")
    )

    lines = problems(text + "crads: {}\n")

    assert [line.split(":")[1] for line in lines] == ["5", "10", "13", "14", "15"]


def test_a_broken_profile_hides_nothing_of_the_cards_that_use_it(problems):
    text = card("    use: a\n").replace("acme\n", "amce\n") + "profiles:\n  a: {status: activ}\n"

    assert [line.split(":")[1] for line in problems(text)] == ["10", "15"]


def test_an_unreadable_file_causes_no_problems_elsewhere(problems):
    lines = problems({"a.yaml": HEAD + CARD, "b.yaml": "cardholders: [\n"})

    assert len(lines) == 1
    assert lines[0].startswith("b.yaml:2:1: ")
