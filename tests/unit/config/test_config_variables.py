"""Variables, the environment and files in values; and that what comes from outside is never shown."""

import pytest
from config_texts import BASE

from provisioner.core.model.resource import Address

ADS = Address("cards", "ads")
SECRET = "s3cr3t-value"


def card(load, more, **options):
    return load(BASE + more, **options).declared[ADS]


def test_a_default_and_what_wins_over_it(load):
    more = "    second_line: ${var.line}\nvars: {line: Default}\n"

    assert card(load, more).fields["second_line"] == "Default"
    assert card(load, more, variables={"line": "Given"}).fields["second_line"] == "Given"


def test_a_variable_needs_no_default(load):
    assert (
        card(load, "    second_line: ${var.x}\n", variables={"x": "Given"}).fields["second_line"] == "Given"
    )


def test_a_whole_value_keeps_its_type_and_a_part_becomes_text(load):
    more = """\
    exp_month: ${var.month}
    exp_year: 2030
    lifecycle: {protect: "${var.safe}"}
    metadata: {when: "${var.month}/${var.safe}", cost: "$${var.month} $5"}
vars: {month: 5, safe: true}
"""
    found = card(load, more)

    assert found.fields["exp_month"] == 5
    assert found.lifecycle.protect is True
    assert found.fields["metadata"] == {"when": "5/true", "cost": "${var.month} $5"}
    assert card(load, more, variables={"month": "7"}).fields["exp_month"] == 7


def test_environments_may_set_variables(load):
    files = {
        "a.yaml": BASE + "    status: ${var.s}\nvars: {s: active}\n",
        "environments/x.yaml": "vars: {s: inactive}",
    }

    assert load(files, env="x").declared[ADS].fields["status"] == "inactive"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"mont": "5"}, "--var mont: unknown variable; did you mean 'month'?"),
        ({"month": "May"}, "--var month: expected a whole number, as in 'vars'"),
        ({"safe": "1"}, "--var safe: expected true or false, as in 'vars'"),
    ],
)
def test_wrong_variables(problems, variables, words):
    assert problems(BASE + "vars: {month: 5, safe: true}\n", variables=variables) == [words]


def test_a_variable_without_value(problems):
    (line,) = problems(BASE + "    second_line: ${var.x}\nvars: {x: }\n")

    assert "pass --var x=..." in line


def test_the_environment_and_files_are_sensitive(load, folder):
    folder({"keys/pin.txt": "from-a-file\n"})
    more = """\
    second_line: "${env.LINE}"
    pin: {encrypted_number: "${file.keys/pin.txt}"}
    metadata: {a: "x-${env.LINE}", b: plain, c: "${var.v}"}
    spending_controls:
      blocked_merchant_countries: ["${env.COUNTRY}"]
      spending_limits: [{amount: "${env.AMOUNT}", interval: daily}]
vars: {v: "${env.LINE}"}
"""
    environ = {"LINE": "Line", "COUNTRY": "FR", "AMOUNT": "5.00 USD"}

    found = card(load, more, environ=environ)

    assert found.sensitive == {
        "second_line",
        "pin.encrypted_number",
        "metadata.a",
        "metadata.c",
        "spending_controls.blocked_merchant_countries",
        "spending_controls.spending_limits.amount",
    }
    assert found.fields["pin"] == {"encrypted_number": "from-a-file"}
    assert found.fields["metadata"] == {"a": "x-Line", "b": "plain", "c": "Line"}
    assert found.fields["spending_controls"]["spending_limits"] == ({"amount": 500, "interval": "daily"},)
    assert type(found.fields["second_line"]) is str


def test_a_file_is_looked_for_beside_the_yaml(load):
    files = {
        "a.yaml": BASE.split("cards:")[0],
        "t/b.yaml": "cards:" + BASE.split("cards:")[1],
        "t/line": "Beside\r\n",
    }
    files["t/b.yaml"] += "    second_line: ${file.line}\n"

    assert load(files).declared[ADS].fields["second_line"] == "Beside"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff", "is not UTF-8"), (b"a\0b", "control character"), (b"x" * 70_000, "larger than 65536 bytes")],
)
def test_a_file_that_cannot_be_used(problems, content, words):
    files = {"a.yaml": BASE + "    second_line: ${file.f}\n", "f": content}

    (line,) = problems(files, "a.yaml")

    assert line.startswith("a.yaml:13:18: cards.ads: ")
    assert words in line


@pytest.mark.parametrize(
    "more",
    [
        "    status: ${env.S}\n",
        "    exp_month: ${env.S}\n    exp_year: 2030\n",
        "    second_line: ${env.S}-and-too-long-for-this\n",
        "    metadata: ${env.S}\n",
        "    use: ${env.S}\n",
        "    use: ['${env.S}']\n",
        "    replacement_reason: ${env.S}\n",
        "    lifecycle: {previously: '${env.S}'}\n",
        "    lifecycle: {ignore: ['${env.S}']}\n",
        "    lifecycle: {on_remove: '${env.S}'}\n",
        "    spending_controls: {spending_limits: [{amount: '${env.S}', interval: daily}]}\n",
        "    spending_controls: {allowed_merchant_countries: ['${env.S}']}\n",
        "    spending_controls: {allowed_merchant_countries: '${env.S}'}\n",
        "  more: ${env.S}\n",
        "  more: {cardholder: '${env.S}', currency: usd, type: virtual}\n",
        "guardrails: {max_top_up: '${env.S}'}\n",
        "mode: ${env.S}\n",
        "account: ${env.S}\n",
        "version: ${env.S}\n",
        "profiles: {a: {status: '${env.S}'}}\n",
        "balance_targets: {usd: {target: '${env.S}'}}\n",
    ],
)
def test_no_message_shows_what_came_from_outside(problems, more):
    text = BASE if more.startswith(" ") else BASE.replace("version: 1\n", "") if "version" in more else BASE

    lines = problems(text + more, environ={"S": SECRET})

    assert lines
    assert SECRET not in "\n".join(lines)


def test_a_secret_amount_in_another_currency_stays_secret(problems):
    (line,) = problems(BASE + "balance_targets: {usd: {target: '${env.S}'}}\n", environ={"S": "31.00 EUR"})

    assert "31" not in line.split("balance_targets")[1]
    assert "EUR" not in line


@pytest.mark.parametrize(
    "more",
    [
        "    email: Jane-Doe\n",
        "    phone_number: Jane-Doe\n",
        "    email: {Jane-Doe: x}\n    status: 5\n",
        "    email: [Jane-Doe]\n",
        "    individual: Jane-Doe\n",
        "    individual: {dob: {day: Jane-Doe, month: 1, year: 2000}}\n",
        "    company: {tax_id: [Jane-Doe]}\n",
        "    individual: {verification: {document: {front: {a: Jane-Doe}}}}\n",
        "  other: Jane-Doe\n",
    ],
)
def test_no_message_shows_personal_values(problems, more):
    text = (
        BASE.replace("    type: company\n", more)
        if more.startswith("    ")
        else BASE.replace("cards:", f"{more}cards:")
    )

    lines = problems(text)

    assert lines
    assert "Doe" not in "\n".join(lines)


BORN = """\
  ada:
    type: individual
    name: Ada
    billing: {address: {line1: 1 Main St, city: Oakland, postal_code: "94111", country: US}}
    individual: {first_name: Ada, last_name: L, dob: {day: "${env.DAY}", month: "${var.month}", year: 1990}}
"""
MONTH = '\nvars: {month: "${file.month}"}\n'


def born(day, month="12\n"):
    head, cards = BASE.split("cards:")
    return {"a.yaml": head + BORN + "cards:" + cards + MONTH, "month": month}, {"DAY": day}


def test_a_whole_number_may_come_from_outside_and_is_sensitive(load):
    files, environ = born("7")

    found = load(files, environ=environ).declared[Address("cardholders", "ada")]

    assert found.fields["individual"]["dob"] == {"day": 7, "month": 12, "year": 1990}
    assert {type(number) for number in found.fields["individual"]["dob"].values()} == {int}
    assert found.sensitive == {"individual.dob.day", "individual.dob.month"}


@pytest.mark.parametrize("text", ["seven", "07", "7.0", "", " 7", "0x7", "7_0", "\u0667", "9" * 30])
def test_what_is_no_whole_number_is_told_by_its_variable_and_not_shown(problems, text):
    files, environ = born(text, "twelve")

    day, month = problems(files, "a.yaml", environ=environ)

    says = "expected a whole number such as 7, and"
    assert day.endswith(f": cardholders.ada: 'day': {says} environment variable 'DAY' does not contain one")
    assert month.endswith(f": cardholders.ada: 'month': {says} variable 'month' does not contain one")
    assert day.startswith("a.yaml:")
    assert "twelve" not in month


def test_a_number_from_outside_that_is_out_of_range_is_not_shown(problems):
    (line,) = problems(BASE + '    exp_month: "${env.M}"\n    exp_year: 2030\n', environ={"M": "1357"})

    assert line.endswith("'exp_month': this value is out of range; must be at most 12")


def test_numbers_of_profiles_of_the_lifecycle_and_of_guardrails_may_come_from_outside(load):
    more = """\
    use: expiring
    lifecycle: {reissue: {number: "${env.N}", reason: lost}}
    metadata: {floor: "${env.N}"}
profiles: {expiring: {exp_month: "${env.M}", exp_year: 2030}}
guardrails: {max_retired: "${env.N}"}
"""
    config = load(BASE + more, environ={"N": "3", "M": "5"})
    found = config.declared[ADS]

    assert (found.fields["exp_month"], found.lifecycle.reissue.number) == (5, 3)
    assert config.guardrails.max_retired == 3
    assert found.fields["metadata"] == {"floor": "3"}
    assert found.sensitive == {"exp_month", "metadata.floor"}


def test_a_truth_value_cannot_come_from_outside_and_no_quotes_are_blamed(problems):
    (line,) = problems(BASE + '    lifecycle: {protect: "${env.P}"}\n', environ={"P": "true"})

    says = "expected true or false, got a string; values from the environment and from files are strings"
    assert line.endswith(f"'protect': {says}")


def test_what_several_cards_have_in_common_is_sensitive_on_each(load):
    """Rows share the path of their parts, so that the first row's secret must not cover for the second's."""
    more = """\
    spending_controls:
      spending_limits:
        - {amount: 100, interval: daily, categories: ["${env.ONE}"]}
        - {amount: 900, interval: monthly, categories: &common ["${env.OTHER}"]}
  more:
    cardholder: acme
    type: virtual
    currency: usd
    spending_controls: {spending_limits: [{amount: 900, interval: monthly, categories: *common}]}
"""
    declared = load(BASE + more, environ={"ONE": "bakeries", "OTHER": "florists"}).declared

    for name in ("ads", "more"):
        sensitive = declared[Address("cards", name)].sensitive
        assert sensitive == {"spending_controls.spending_limits.categories"}
