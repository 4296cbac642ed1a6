"""A mistyped command is refused with the command that was probably meant."""

import click.testing
import pytest

from provisioner.cli.main import main


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["destory"], "No such command 'destory'; did you mean 'destroy'?"),
        (["pln", "cards"], "No such command 'pln'; did you mean 'plan'?"),
        (["aply"], "No such command 'aply'; did you mean 'apply'?"),
        (["deploy"], "No such command 'deploy'; see `provisioner --help`\n"),  # not `apply`
        (["destruct"], "No such command 'destruct'; see `provisioner --help`\n"),
        (["xyzzy"], "No such command 'xyzzy'; see `provisioner --help`\n"),
    ],
)
def test_a_mistyped_command_names_the_one_that_was_meant(words: list[str], hint: str) -> None:
    result = click.testing.CliRunner().invoke(main, words, catch_exceptions=False)

    assert result.exit_code == 1
    assert hint in result.stderr


def test_an_unknown_option_is_still_an_unknown_option() -> None:
    result = click.testing.CliRunner().invoke(main, ["--destory"], catch_exceptions=False)

    assert "No such option" in result.stderr
