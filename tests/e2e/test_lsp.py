"""The language server, spoken to by a client of the protocol over its standard input and output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

HEAD = "version: 1\nproject: desk\n"
PROFILES = """
profiles:
  ads-card:
    type: virtual
    currency: usd
    status: active
    spending_controls: {spending_limits: [{amount: "2,000.00 USD", interval: monthly}]}
"""
HOLDER = """
cardholders:
  acme:
    type: company
    name: Acme Inc
    billing: {address: {line1: 1 Main Street, city: Reno, state: NV, postal_code: "89501", country: US}}
"""
CARDS = """cards:
  search: {use: ads-card, cardholder: acme}
  social:
    use: [ads-card]
    cardholder: acme
"""
EXAMPLES = Path(__file__).parents[2] / "examples"


class Session:
    """One editor with its language server."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client, self.folder = client, folder
        self.told: dict[str, list[types.Diagnostic]] = {}
        self.heard = asyncio.Event()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params: types.PublishDiagnosticsParams) -> None:
            self.told[Path(params.uri).name] = list(params.diagnostics)
            self.heard.set()

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    async def open(self, name: str, text: str | None = None) -> None:
        """Open a file (as it is on disk, unless there is another text) and wait for what is said of it."""
        self.heard.clear()
        text = (self.folder / name).read_text() if text is None else text
        item = types.TextDocumentItem(self.uri(name), "yaml", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await asyncio.wait_for(self.heard.wait(), 30)

    async def change(self, name: str, text: str) -> None:
        self.heard.clear()
        what = types.VersionedTextDocumentIdentifier(2, self.uri(name))
        whole = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(what, whole))
        await asyncio.wait_for(self.heard.wait(), 30)

    def problems(self, name: str) -> list[tuple[int, str]]:
        return [(each.range.start.line, each.message) for each in self.told.get(name, [])]

    def place(self, name: str, line: int, column: int) -> dict[str, Any]:
        return {
            "text_document": types.TextDocumentIdentifier(self.uri(name)),
            "position": types.Position(line, column),
        }

    async def completed(self, name: str, line: int, column: int) -> set[str]:
        asked = types.CompletionParams(**self.place(name, line, column))
        found = await self.client.text_document_completion_async(asked)
        assert isinstance(found, types.CompletionList)
        return {item.label for item in found.items}

    async def defined(self, name: str, line: int, column: int) -> tuple[str, int] | None:
        asked = types.DefinitionParams(**self.place(name, line, column))
        found = await self.client.text_document_definition_async(asked)
        return (Path(found.uri).name, found.range.start.line) if isinstance(found, types.Location) else None

    async def hovered(self, name: str, line: int, column: int) -> str:
        asked = types.HoverParams(**self.place(name, line, column))
        found = await self.client.text_document_hover_async(asked)
        return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""


def play(commands: Path, folder: Path, scene: Callable[[Session], Awaitable[None]], *words: str) -> None:
    """Start the server as an editor does, play a scene, and end it."""

    async def run() -> None:
        client = LanguageClient("tests", "1")
        await client.start_io(str(commands / "provisioner"), "lsp", "--stdio", *words)
        session = Session(client, folder)
        asked = types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=folder.as_uri())
        await client.initialize_async(asked)
        client.initialized(types.InitializedParams())
        await scene(session)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()

    asyncio.run(run())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "provisioner.yaml").write_text(HEAD + PROFILES + HOLDER)
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "ads.yaml").write_text(CARDS)
    return tmp_path


def test_problems_are_those_of_validate_in_every_file_and_as_they_are_typed(commands, folder):
    async def scene(session: Session) -> None:
        await session.open("teams/ads.yaml")
        assert session.told == {"ads.yaml": []}
        await session.change("teams/ads.yaml", CARDS.replace("cardholder: acme", "cardholder: acmee"))
        [first, second] = session.problems("ads.yaml")
        assert first[0] == 1
        assert second[0] == 4
        assert "did you mean 'acme'?" in second[1]
        span = session.told["ads.yaml"][1].range
        assert (span.start.character, span.end.character) == (16, 21)
        await session.change("teams/ads.yaml", CARDS)
        assert session.problems("ads.yaml") == []
        await session.open("provisioner.yaml", HEAD + PROFILES + HOLDER.replace("name: Acme", "nam: Acme"))
        said = [text for _, text in session.problems("provisioner.yaml")]
        assert any("unknown key 'nam'; did you mean 'name'?" in text for text in said)

    play(commands, folder, scene)


def test_names_are_completed_and_found_across_files(commands, folder):
    async def scene(session: Session) -> None:
        text = CARDS + "  new:\n    use: \n    cardholder: a\n    \n"
        await session.open("teams/ads.yaml", text)
        lines = text.split("\n")
        use, holder = lines.index("    use: "), lines.index("    cardholder: a")
        assert await session.completed("teams/ads.yaml", use, 9) == {"ads-card"}
        assert await session.completed("teams/ads.yaml", holder, 17) == {"acme"}
        assert await session.completed("teams/ads.yaml", holder + 1, 4) == set()
        assert await session.completed("teams/ads.yaml", 1, 38) == {"acme"}
        assert await session.completed("teams/ads.yaml", 3, 12) == {"ads-card"}
        assert await session.defined("teams/ads.yaml", 1, 39) == ("provisioner.yaml", 11)
        assert await session.defined("teams/ads.yaml", 3, 12) == ("provisioner.yaml", 4)
        assert await session.defined("teams/ads.yaml", 2, 4) is None

    play(commands, folder, scene)


def test_grants_scenarios_and_variables_name_what_there_is(commands, folder):
    text = (
        'vars: {limit: "5.00 USD"}\n'
        "grants:\n  fair:\n    cards: [search, s]\n    until: 2035-01-01\n"
        '    spending_limits: [{amount: "${var.l}", interval: monthly}]\n'
        "scenarios:\n  lunch:\n    card: s\n"
        "  dinner:\n    after:\n      - {amount: 100}\n    card: \n"
    )

    async def scene(session: Session) -> None:
        (folder / "more.yaml").write_text(text)
        await session.open("more.yaml")
        assert await session.completed("more.yaml", 3, 21) == {"search", "social"}
        assert await session.completed("more.yaml", 5, 38) == {"limit"}
        assert await session.completed("more.yaml", 8, 11) == {"search", "social"}
        assert await session.completed("more.yaml", 12, 10) == {"search", "social"}
        assert await session.defined("more.yaml", 3, 12) == ("ads.yaml", 1)

    play(commands, folder, scene)


def test_a_card_shows_what_its_profile_makes_of_it_and_what_it_may_spend(commands, folder):
    async def scene(session: Session) -> None:
        await session.open("teams/ads.yaml")
        said = await session.hovered("teams/ads.yaml", 2, 4)
        assert said.startswith("**cards.social**\n\nMonthly exposure: $2,000.00\n\n```yaml\ntype: virtual\n")
        assert "cardholder: acme" in said
        said = await session.hovered("teams/ads.yaml", 3, 12)
        assert said.startswith("**profiles.ads-card**\n\n```yaml\ntype: virtual\n")
        assert "**cardholders.acme**" in await session.hovered("teams/ads.yaml", 4, 18)
        assert await session.hovered("teams/ads.yaml", 0, 2) == ""

    play(commands, folder, scene)


def test_nothing_from_the_environment_is_shown(commands, folder, monkeypatch):
    monkeypatch.setenv("COMPANY_MAIL", "canary@acme.example")

    async def scene(session: Session) -> None:
        text = HEAD + PROFILES + HOLDER + "    email: ${env.COMPANY_MAIL}\n"
        await session.open("provisioner.yaml", text)
        assert session.problems("provisioner.yaml") == []
        said = await session.hovered("provisioner.yaml", 11, 4)
        assert "email: ${env.COMPANY_MAIL}" in said

    play(commands, folder, scene)


def test_other_yaml_files_are_left_alone(commands, tmp_path):
    async def scene(session: Session) -> None:
        await session.open("deploy.yaml", "apiVersion: v1\nkind: Pod\nuse: \n")
        await session.open("compose.yaml", 'version: "3.8"\nservices: {}\n')
        assert session.told == {"deploy.yaml": [], "compose.yaml": []}
        assert await session.completed("deploy.yaml", 2, 5) == set()
        assert await session.hovered("deploy.yaml", 9, 5) == ""

    play(commands, tmp_path, scene)


def test_a_text_that_is_not_yaml_yet_has_its_problem_and_names_all_the_same(commands, folder):
    async def scene(session: Session) -> None:
        await session.open("teams/ads.yaml", "cards:\n  search: {use: ads-card, cardholder: \n  x: [\n")
        assert session.problems("ads.yaml") != []
        assert await session.completed("teams/ads.yaml", 1, 41) == {"acme"}

    play(commands, folder, scene)


def test_a_file_of_an_environment_is_read_over_the_rest(commands, folder):
    async def scene(session: Session) -> None:
        (folder / "environments").mkdir()
        (folder / "environments" / "dev.yaml").write_text("cards:\n  search: null\n  socail: null\n")
        await session.open("environments/dev.yaml")
        [(line, said)] = session.problems("dev.yaml")
        assert line == 2
        assert "did you mean 'social'?" in said

    play(commands, folder, scene)


def test_the_examples_have_no_problems(commands):
    async def scene(session: Session) -> None:
        for file in sorted(EXAMPLES.rglob("*.yaml")):
            if file.name != "shop.yaml":  # what it lacks, each account of the fleet gives
                await session.open(str(file.relative_to(EXAMPLES)))
        assert {"grants.yaml", "provisioner.yaml"} <= session.told.keys()
        assert [each for each in session.told.values() if each] == []

    play(commands, EXAMPLES, scene)


def test_without_the_extra_the_command_says_how_to_install_it(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygls", None)
    for name in [name for name in sys.modules if name.startswith(("provisioner.lsp", "pygls."))]:
        monkeypatch.delitem(sys.modules, name)

    said = desk.run("lsp", code=1).output

    assert "install it with pip install 'issuing-provisioner[lsp]'" in said
