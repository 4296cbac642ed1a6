"""`python -m tests.reference` writes every page of docs/reference anew."""

from .pages import FOLDER, PAGES

for name, write in PAGES.items():
    (FOLDER / name).write_text(write(), encoding="utf-8")
    print(FOLDER / name)  # noqa: T201 - this is what it says
