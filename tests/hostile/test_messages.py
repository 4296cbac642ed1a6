"""What a pull request's author names in files acts on no terminal that shows the messages about it."""

import pytest
from e2e.conftest import Desk

ESCAPE = "\x1b]0;owned\x07"


@pytest.mark.parametrize("name", ["provisioner.yaml", f"{ESCAPE}.yaml"])
def test_keys_and_file_names_are_inert(desk: Desk, name: str):
    desk.write('"\\e]0;owned\\a": 1\ncards: {"a\\u202e": {}}\n', name)

    said = desk.run("validate", code=1).stderr

    assert "owned" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
