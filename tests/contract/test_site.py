"""The documentation as a site: no warning, every page in the menu, no link that leads nowhere."""

import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.pages import PAGES, ROOT

import provisioner

pytestmark = pytest.mark.skipif(not find_spec("sphinx"), reason="the extra 'docs' is not installed")
DOCS = ROOT / "docs"
SITE = [page.relative_to(DOCS).with_suffix(".html").as_posix() for page in PAGES if DOCS in page.parents]


@dataclass
class Page(HTMLParser):
    """The ids of a page, where its links lead, and what it loads."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids |= {values["id"] or ""} if "id" in values else set()
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        if tag in ("script", "img") and values.get("src"):
            self.loaded.append(values["src"] or "")
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(values["href"] or "")


@cache
def read(file: Path) -> Page:
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = ["-m", "sphinx", "-W", "--keep-going", "-q", "-d", f"{out}/.doctrees", str(DOCS), str(out)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def test_every_link_anchor_and_file_of_the_site_is_there(site: Path) -> None:
    pages = {file: read(file) for file in site.rglob("*.html") if "_static" not in file.parts}
    wrong = []
    for file, page in pages.items():
        for link in page.links + page.loaded:
            address = urlsplit(link)
            if address.scheme in ("https", "mailto"):
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            ids = pages[target].ids if target in pages else {""}
            if not target.is_file() or unquote(address.fragment) not in {"", *ids}:
                wrong.append(f"{file.relative_to(site)}: {link}")

    assert len(pages) > len(SITE)
    assert wrong == []


def test_the_menu_of_every_page_has_all_pages(site: Path) -> None:
    for name in SITE:
        menu = {
            (site / name).parent.joinpath(urlsplit(link).path).resolve() for link in read(site / name).links
        }

        assert [page for page in SITE if site / page not in menu and page != name] == []


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    assert {name for name in SITE if any("//" in loaded for loaded in read(site / name).loaded)} == set()


def test_the_python_reference_has_all_that_is_exported(site: Path) -> None:
    ids = read(site / "python.html").ids
    exported = set(provisioner.__all__) - {"__version__"}

    assert {name for name in exported if not any(f".{name}" in each for each in ids)} == set()
    assert any(each.endswith(".Project.plan") for each in ids)


def test_files_beside_the_pages_are_linked_in_the_repository(site: Path) -> None:
    links = read(site / "reference" / "json.html").links
    there = f"https://github.com/issuing-provisioner/provisioner/blob/v{provisioner.__version__}/"

    assert f"{there}schemas/check.schema.json" in links


def test_the_index_is_what_a_browser_gets_for_the_folder(site: Path) -> None:
    assert (site / "index.html").read_bytes() == (site / "README.html").read_bytes()
