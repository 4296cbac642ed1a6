"""Numbers in options: what is none is refused with what would be right, before anything is asked or read."""

import click.testing
import pytest

from provisioner.cli.main import main


def refused(*words: str) -> str:
    result = click.testing.CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 1
    assert "internal error" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("rate", ["nan", "inf", "1e308", "1000001"])
@pytest.mark.parametrize(
    "words", [("plan", "--max-rps"), ("plan", "--max-endpoint-rps"), ("fleet", "plan", "--max-rps")]
)
def test_a_rate_is_a_number_that_a_pace_can_be_made_of(words: tuple[str, ...], rate: str) -> None:
    said = refused(*words, rate)

    assert f"Invalid value for '{words[-1]}'" in said
    assert "is not a number from 0.1 to 1000000, such as 25" in said


@pytest.mark.parametrize("rate", ["-inf", "0", "-nan"])
def test_a_rate_is_above_nothing(rate: str) -> None:
    assert "0.1" in refused("plan", f"--max-rps={rate}")


@pytest.mark.parametrize(
    ("allowed", "right"),
    [
        ("retired=²", "a whole number, such as 12"),
        ("retired=٣", "a whole number, such as 12"),
        ("top_up=²", '"20,000.00 USD"'),
        ("exposure_added=inf", '"20,000.00 USD"'),
    ],
)
def test_what_is_allowed_is_a_number(allowed: str, right: str) -> None:
    assert right in refused("apply", "--allow", allowed)
