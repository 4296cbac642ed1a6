"""`python -m tests.reference` writes the schemas of documents and every page of docs/reference."""

from .document_schemas import WRITTEN, file_of, text_of
from .pages import FOLDER, PAGES

for name in WRITTEN:
    file_of(name).write_text(text_of(name), encoding="utf-8")
for name, write in PAGES.items():
    (FOLDER / name).write_text(write(), encoding="utf-8")
    print(FOLDER / name)  # noqa: T201 - this is what it says
