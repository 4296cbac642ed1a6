"""`python -m tests.reference` writes schemas of documents, docs/reference, and tables of docs/sandbox.md."""

from . import sandbox_page
from .document_schemas import WRITTEN, file_of, text_of
from .pages import FOLDER, PAGES

for name in WRITTEN:
    file_of(name).write_text(text_of(name), encoding="utf-8")
for name, write in PAGES.items():
    (FOLDER / name).write_text(write(), encoding="utf-8")
    print(FOLDER / name)  # noqa: T201 - this is what it says
sandbox_page.PAGE.write_text(
    sandbox_page.written(sandbox_page.PAGE.read_text(encoding="utf-8")), encoding="utf-8"
)
