"""Map each page of docs/reference to the function that returns it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from . import commands, configuration, environment, exit_codes, json_documents, metadata

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "configuration.md": configuration.page,
    "exit-codes.md": exit_codes.page,
    "plan-json.md": json_documents.plan_page,
    "json.md": json_documents.other_page,
    "environment.md": environment.page,
    "metadata.md": metadata.page,
}
