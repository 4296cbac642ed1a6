"""The line of a file under an error: what it shows, where its caret is, and what it never shows."""

import pytest
from config_texts import BASE

from provisioner.config.load import load_config
from provisioner.config.text.excerpt import with_excerpts
from provisioner.core.model.errors import ConfigError, Problem, Where
from provisioner.kinds import KINDS


def excerpt(tmp_path, text: str) -> str:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, KINDS, environ={"PHONE": "canary"})
    return caught.value.problems[0].excerpt


@pytest.mark.parametrize(
    ("more", "line", "under"),
    [
        ("    status: activ  # canary\n", "status: activ", "activ"),
        ("    typo: canary\n", "typo: ...", "typo"),
        ("    metadata: {note: canary, team: 5}\n", "metadata: {note: ..., team: 5}", "5}"),
        ("    second_line: canary: x\n", "second_line: ......: .", ": ."),
        ("    second_line: ${env.NOPE}-canary\n", "second_line: ...", "..."),
        ("    lifecycle: &a {protect: 'canary'}\n", "lifecycle:  {protect: ...}", "...}"),
    ],
)
def test_the_line_is_shown_with_a_caret_under_the_place(tmp_path, more, line, under):
    shown, caret = excerpt(tmp_path, BASE + more).splitlines()

    assert shown == f"   13 |     {line}"
    assert caret.index("^") == shown.rindex(under)
    assert caret.strip(" |") == "^"


def test_a_hidden_value_is_masked_also_where_it_is_wrong(tmp_path):
    text = BASE.replace("    type: company\n", "    type: company\n    phone_number: 18008675309\n")

    assert excerpt(tmp_path, text).startswith("    7 |     phone_number: ...\n")


def test_a_long_line_is_cut_around_the_place(tmp_path):
    rows = ", ".join(f"k{n}: x" for n in range(30))
    shown, caret = excerpt(tmp_path, BASE + f"    metadata: {{{rows}, team: 5}}\n").splitlines()

    assert len(shown) < 120
    assert shown[caret.index("^")] == "5"


SECRETS = """\
version: 1
# canary
cardholders:
  acme: &canary1
    name: canary
    billing: {line1: "canary 1", city: 'canary: canary', note: [canary, canary]}
    text: |
      canary: canary
      canary
    folded: canary
      canary
    ? [canary, canary]
    : canary
"""


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "  broken: canary: canary\n",
        "  - canary\n",
        "  open: [canary\n",
        '  canary: "\\q\n',
        "  canary: \1\n",
    ],
)
def test_no_place_shows_a_value_that_the_message_does_not_quote(tail):
    text = SECRETS + tail + "text: |\n  canary: canary\n"
    places = [(line, column) for line in range(1, 16) for column in range(1, 60)]
    problems = [Problem(Where("a.yaml", *place), "", "is wrong") for place in places]

    found = with_excerpts(problems, {"a.yaml": text})

    assert any(each.excerpt for each in found)
    assert not [each.excerpt for each in found if "canary" in each.excerpt]
