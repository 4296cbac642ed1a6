"""`python -m tests.reference` writes the schema of plans and every page of docs/reference anew."""

from .pages import FOLDER, PAGES
from .plan_schema import FILE, plan_schema_text

FILE.write_text(plan_schema_text(), encoding="utf-8")
for name, write in PAGES.items():
    (FOLDER / name).write_text(write(), encoding="utf-8")
    print(FOLDER / name)  # noqa: T201 - this is what it says
