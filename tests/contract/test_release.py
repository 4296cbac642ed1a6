"""What the release workflow asks before it builds, and the fragments that the changelog is made of."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
from support.pages import ROOT

from provisioner._version import __version__

RELEASE = runpy.run_path(str(ROOT / ".ci" / "release.py"))
HERE = "https://github.com/issuing-provisioner/provisioner"
SECTION = f"\n## {__version__} (2026-11-30)\n\n### Added\n\n- Grants.\n\n## 0.0.9 (2026-11-01)\n\n- Older.\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a release looks at, with a changelog that names this version."""
    (tmp_path / "provisioner").mkdir()
    (tmp_path / "changes").mkdir()
    for name in ("pyproject.toml", "CHANGELOG.md", "provisioner/_version.py", "changes/README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    text = "# Changelog\n\n<!-- releases -->\n" + SECTION
    (tmp_path / "CHANGELOG.md").write_text(text, encoding="utf-8")
    return tmp_path


def asked(tree: Path, tag: str = f"v{__version__}", repository: str = HERE) -> list[str]:
    return list(RELEASE["problems"](tree, tag, repository))


def test_a_release_whose_tag_version_changelog_and_links_agree_is_made(tree: Path) -> None:
    assert asked(tree) == []
    assert RELEASE["notes"](tree, f"v{__version__}") == "### Added\n\n- Grants."


def test_what_does_not_agree_is_named(tree: Path) -> None:
    (tree / "changes" / "+new.added.md").write_text("New.", encoding="utf-8")

    tag, silent, left, links = asked(tree, "v9.9.9", "https://github.com/other/provisioner")
    assert tag == f"the tag is v9.9.9, but provisioner/_version.py has {__version__}"
    assert "says nothing of v9.9.9" in silent
    assert left == "changes/ still has +new.added.md"
    assert links.endswith("is built in https://github.com/other/provisioner")


def test_fragments_have_names_that_the_changelog_is_made_of() -> None:
    names = {path.name for path in (ROOT / "changes").iterdir()} - {"README.md"}

    kinds = re.compile(r"(\+[\w-]+|\d+)\.(removed|security|changed|added|fixed)\.md")
    assert [name for name in names if not kinds.fullmatch(name)] == []
