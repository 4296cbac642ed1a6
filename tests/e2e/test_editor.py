"""The schema in an editor: the real YAML language server completes, explains, and marks the right line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.language_server import Editor, editor, language_server

pytestmark = pytest.mark.skipif(
    language_server() is None, reason="no yaml-language-server here (npm install -g yaml-language-server)"
)
MODELINE = re.compile(r"\$schema=\S+")
SCHEMA = Path(__file__).parents[2] / "schemas" / "provisioner.schema.json"
HEAD = f"# yaml-language-server: $schema={SCHEMA.as_uri()}\nversion: 1\nproject: desk\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Editor]:
    with editor() as opened:
        yield opened


def opened(server: Editor, tmp_path: Path, text: str) -> tuple[int, int]:
    """Open a text with `|` where the cursor is, and return that place."""
    before = (HEAD + text).partition("|")[0]
    server.open(tmp_path / "provisioner.yaml", (HEAD + text).replace("|", "", 1))
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def labels(server: Editor, place: tuple[int, int]) -> set[str]:
    return {item["label"] for item in server.at("completion", *place)["items"]}


def hover(server: Editor, place: tuple[int, int]) -> str:
    return server.at("hover", *place)["contents"]["value"]


def test_sound_files_have_no_problems(server):
    files = list((SCHEMA.parents[1] / "examples").rglob("*.yaml"))
    for file in files:
        server.open(file, file.read_text(encoding="utf-8"))
        assert server.problems == [], file
    assert "fleet.yaml" in {file.name for file in files}


def test_references_and_what_is_empty_are_no_problems(server, tmp_path):
    opened(
        server,
        tmp_path,
        "cards:\n  ads:\n    cardholder: ${var.x}|\n    type: ${var.x}\n    currency: ${var.x}\n    status:\n"
        "    lifecycle: {protect: '${var.x}'}\n    spending_controls:\n",
    )
    assert server.problems == []


def test_an_environment_takes_away_and_a_mistake_in_it_is_marked(server, tmp_path, desk):
    desk.run("init", "--envs", "dev")
    written = (desk.folder / "environments" / "dev.yaml").read_text(encoding="utf-8")
    assert written.startswith("# yaml-language-server: $schema=../environment.schema.json\n")
    schema = (desk.folder / "environment.schema.json").as_uri()
    text = MODELINE.sub(f"$schema={schema}", written, count=1)

    server.open(tmp_path / "dev.yaml", text + "cards: {ads: {status: '${var.x}', pin: null}, spare: null}\n")
    assert server.problems == []
    server.open(tmp_path / "prod.yaml", text + "cards: {ads: {status: actve}}\n")
    assert len(server.problems) == 1


def test_fields_of_a_card_are_offered(server, tmp_path):
    found = labels(server, opened(server, tmp_path, "cards:\n  ads:\n    cardholder: acme\n    |\n"))

    assert found >= {"type", "currency", "status", "spending_controls", "lifecycle", "use"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("cards:\n  ads:\n    type: |\n", {"virtual", "physical"}),
        ("cards:\n  ads:\n    lifecycle:\n      on_remove: |\n", {"deactivate", "cancel", "keep"}),
        (
            "cards:\n  ads:\n    spending_controls:\n      spending_limits:\n        - interval: |\n",
            {"daily", "weekly", "monthly", "per_authorization"},
        ),
        (
            "cards:\n  ads:\n    spending_controls:\n      allowed_categories:\n        - |\n",
            {"advertising_services", "taxicabs_limousines"},
        ),
    ],
)
def test_values_are_offered(server, tmp_path, text, values):
    assert labels(server, opened(server, tmp_path, text)) >= values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("car|ds:\n  ads: {}\n", ["card"]),
        ("cards:\n  ads:\n    cur|rency: usd\n", ["currency", "usd"]),
        ("balance_targets:\n  usd:\n    tar|get: 100\n", ["Minor units", "20,000.00 USD"]),
        ("guardrails:\n  max_re|tired: 3\n", ["one apply may retire"]),
    ],
)
def test_a_field_says_what_it_is(server, tmp_path, text, words):
    said = hover(server, opened(server, tmp_path, text))

    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("cards:\n  ads:\n    typ: virtual\n", 5, "typ"),
        ("cards:\n  ads:\n    type: plastic\n", 5, "virtual"),
        ("balance_targets:\n  usd:\n    target: 20.5\n", 5, ""),
        ("cards:\n  ads:\n    currency: DOLLARS\n", 5, "three lowercase letters"),
    ],
)
def test_a_mistake_is_marked_at_its_line(server, tmp_path, text, line, words):
    opened(server, tmp_path, text)

    marked = [problem for problem in server.problems if problem["range"]["start"]["line"] == line]
    assert marked, server.problems
    assert any(words in problem["message"] for problem in marked), marked
