"""
The documentation as a site: the pages of this folder, unchanged, with search and the Python API.

Sphinx, because it takes the API from docstrings and fails if a link or an anchor leads nowhere; MyST, because
it reads the Markdown that GitHub reads. The pages know of neither: what only the site has is added here.

    python -m sphinx -W --keep-going docs build/site
"""

import os
import re
import shutil
import tomllib
from collections.abc import Iterable
from inspect import get_annotations
from pathlib import Path
from posixpath import normpath
from typing import get_type_hints

from sphinx.application import Sphinx
from sphinx.util import logging

import provisioner

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SOURCE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]

project = "provisioner"
author = "The provisioner developers"
project_copyright = author
release = version = provisioner.__version__
commit = os.environ.get("READTHEDOCS_GIT_COMMIT_HASH", f"v{release}")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
myst_heading_anchors = 6  # GitHub's anchors
add_module_names = False
autodoc_class_signature = "separated"  # nobody calls these constructors
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
default_role = "literal"  # docstrings quote code as Markdown does

html_theme = "furo"
html_title = f"provisioner {release}"
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_theme_options = {"source_repository": SOURCE, "source_branch": "main", "source_directory": "docs/"}
html_show_sphinx = False

FENCE = re.compile(r"^(?P<fence>```+).*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
VALUES = (
    "provisioner.core.diff.change.Change",
    "provisioner.core.diff.change.Edit",
    "provisioner.core.diff.change.Note",
    "provisioner.core.plan.plan.Impact",
    "provisioner.engine.apply.execute.Result",
    "provisioner.engine.apply.execute.Outcome",
    "provisioner.core.diff.drift.Drift",
    "provisioner.core.purchases.backtest_document",
    "provisioner.core.model.errors.Problem",
    "provisioner.core.model.errors.Where",
    "provisioner.core.model.errors.ExitCode",
)
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add to a page what only the site has."""
    app.env.note_dependency(__file__)
    text = with_links_to_the_repository(docname, source[0])
    if docname == root_doc:
        text += "".join(f"\n{contents(title, body)}" for title, body in SECTION.findall(text))
    if docname == "python":
        text += api()
    source[0] = text


def with_links_to_the_repository(docname: str, text: str) -> str:
    """Lead links to files outside of this folder to the repository, as of this commit or release."""
    inside = [match.span() for match in FENCE.finditer(text)]

    def replace(link: re.Match[str]) -> str:
        path = normpath(f"docs/{docname}/../{link['path']}")
        if path.startswith("docs/") or any(start <= link.start() < end for start, end in inside):
            return link[0]
        if not (ROOT / path).exists():
            logging.getLogger(__name__).warning("no such file: %s", path, location=docname)
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"]({SOURCE}/{kind}/{commit}/{path}{link['anchor'] or ''})"

    return LINK.sub(replace, text)


def contents(title: str, body: str) -> str:
    """Return a section of the index as a part of the menu: its pages, in the order in which it names them."""
    pages = [link["path"].removesuffix(".md") for link in LINK.finditer(body) if link["path"].endswith(".md")]
    entries = "\n".join(dict.fromkeys(page for page in pages if not page.startswith("..")))
    return f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n{entries}\n```\n" if entries else ""


def api() -> str:
    """Return the reference of what the package exports, and of values that it returns, from docstrings."""
    exported = [f"provisioner.{name}" for name in provisioner.__all__ if name != "__version__"]
    exported.sort(key=lambda name: (name != "provisioner.Project", name.endswith("Error")))
    parts = {"Classes": exported, "Values in plans, reports and errors": VALUES}
    return "".join(f"\n## {title}\n\n{autodoc(names)}" for title, names in parts.items())


def autodoc(names: Iterable[str]) -> str:
    """Return the directives that document classes, or all those of a module, with their members."""
    kinds = {name: "automodule" if name.islower() else "autoclass" for name in names}
    options = "   :members:\n   :exclude-members: __init__\n"
    directives = "\n".join(f".. {kind}:: {name}\n{options}" for name, kind in kinds.items())
    return f"```{{eval-rst}}\n{directives}```\n"


def plain_types(_app: Sphinx, what: str, _name: str, documented: type, *_: object) -> None:
    """Show `int` where a class annotates it for the JSON Schema; Sphinx asks for it before its members."""
    if what == "class" and documented.__module__.startswith("provisioner."):
        types = get_type_hints(documented)
        documented.__annotations__ = {name: types[name] for name in get_annotations(documented)}


def copy_index(app: Sphinx, error: Exception | None) -> None:
    """Make the index what a browser gets for the folder; GitHub shows it under the name README."""
    if error is None and app.builder.name == "html":
        shutil.copyfile(app.outdir / "README.html", app.outdir / "index.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the above."""
    app.connect("source-read", prepare)
    app.connect("autodoc-process-docstring", plain_types)
    app.connect("build-finished", copy_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
