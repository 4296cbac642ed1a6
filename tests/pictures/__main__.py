"""`python -m pictures` in tests/ draws the pictures; with `screenshots`, it also takes those of a browser."""

import sys

from pictures import PICTURES
from pictures.drawings import DRAWINGS

for name, draw in DRAWINGS.items():
    (PICTURES / name).write_text(draw(), encoding="utf-8")
if sys.argv[1:] == ["screenshots"]:
    from pictures.screenshots import take

    take(PICTURES)
