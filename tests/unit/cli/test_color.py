"""Color: on terminals, where the environment forces it, and nowhere against NO_COLOR or an option."""

import pytest

from provisioner.cli.terminal.color import paint, wants_color

NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")


@pytest.mark.parametrize(
    ("env", "asked", "wanted"),
    [
        ({}, None, False),  # the tests' stdout is not a terminal
        ({"FORCE_COLOR": "1"}, None, True),
        ({"CLICOLOR_FORCE": "1"}, None, True),
        ({"FORCE_COLOR": "0"}, None, False),
        ({"CLICOLOR_FORCE": ""}, None, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, None, False),
        ({"FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, None, True),
    ],
)
def test_the_environment_decides_unless_an_option_does(
    env: dict[str, str], asked: bool | None, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert wants_color(asked) is wanted


@pytest.mark.parametrize("mark", ["ok", "warn", "FAIL", "FAILED"])
def test_of_a_table_row_only_the_mark_has_a_color(mark: str) -> None:
    [painted] = paint([f"{mark}  name  text about {mark}"])

    assert painted.startswith("\x1b[")
    assert painted.endswith(f"\x1b[0m  name  text about {mark}")
