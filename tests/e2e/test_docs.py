"""README and docs/: whatever they show is played, checked or listed with the reason why not."""

import json
import re
from pathlib import Path

import pytest
from support.pages import BLOCK, CHECKED, PAGES, PICTURES, PLAYED, ROOT, Block, blocks, name, rewritten
from support.playing import play
from support.yaml_blocks import judge, parses

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

ALL = [block for page in PAGES for block in blocks(page)]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")


def each(*languages: str, run: bool = True) -> pytest.MarkDecorator:
    """Parametrise over blocks, each by page and line."""
    chosen = [block for block in ALL if block.language in languages and bool(block.reason) != run]
    return pytest.mark.parametrize("block", chosen, ids=str)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language in PLAYED for b in blocks(page))], ids=name
)
def test_what_a_page_shows_is_what_happens(
    page: Path, tmp_path: Path, commands: Path, request: pytest.FixtureRequest
) -> None:
    with running(Settings(rate_limit=False)) as base:
        done = play(blocks(page), tmp_path, base, commands)

    real = rewritten(page, lambda block: done.shown[block.line])
    assert "internal error" not in real
    if request.config.getoption("--update-golden"):
        page.write_text(real, encoding="utf-8")
    assert done.wrong == []
    assert real == page.read_text(encoding="utf-8")


@each("yaml")
def test_yaml_is_sound(block: Block, tmp_path: Path) -> None:
    judge(block.text, tmp_path)


def test_json_is_sound() -> None:
    for block in ALL:
        if block.language == "json" and not block.reason:
            json.loads(block.text)


@each("sh", "console", run=False)
def test_what_cannot_run_here_has_commands_and_options_that_exist(block: Block) -> None:
    for line in block.text.splitlines():
        parses(line)


def test_whoever_pastes_a_block_waits_for_the_sandbox_and_hears_of_what_fails() -> None:
    typed = [b for b in ALL if b.language in ("sh", "console")]
    served = [b for b in typed if re.search(r"sandbox serve .*&$", b.text, re.MULTILINE)]
    waits = re.compile(r"sandbox serve .*&\n(Sandbox ready .*\n)?(\$ )?curl -s --retry .*--retry-connrefused")
    silent = re.compile(r"\bcurl -s (?!--retry )")

    assert served
    assert [str(b) for b in served if len(waits.findall(b.text)) != b.text.count("sandbox serve")] == []
    assert [str(b) for b in typed if silent.search(b.text)] == []


def test_files_are_edited_with_commands_that_macos_has_too() -> None:
    """The sed of macOS takes what follows `-i` for the ending of a backup."""
    assert [str(b) for b in ALL if re.search(r"\bsed (-\w+ )*-\w*i", b.text)] == []


@pytest.mark.parametrize("block", [block for block in ALL if block.reason], ids=str)
def test_not_run(block: Block) -> None:
    pytest.skip(block.reason)


def test_no_block_escapes() -> None:
    """Every fence is one that the player sees, in a language that it knows; pictures hold no commands."""
    beside = {name(page): BLOCK.sub("", page.read_text(encoding="utf-8")) for page in PAGES}
    known = PLAYED | CHECKED | PICTURES

    assert {page for page, text in beside.items() if "```" in text} == set()
    assert [str(block) for block in ALL if block.language not in known and not block.reason] == []
    typed = re.compile(r"^(\$ |provisioner )", re.MULTILINE)
    assert [str(b) for b in ALL if b.language in PICTURES and not b.reason and typed.search(b.text)] == []


def test_every_reason_stands_before_a_block() -> None:
    lines = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    told = sum(line.startswith("<!-- not run:") for line in lines)

    assert told == sum(bool(block.reason) for block in ALL)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)} links to {path}"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
            assert anchor in slugs, f"{name(page)} links to {path}#{anchor}"


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    named = {(ROOT / "docs" / path).resolve() for path, _ in LINK.findall(index)}

    assert {page for page in PAGES if page.parent != ROOT} - {ROOT / "docs" / "README.md"} <= named
