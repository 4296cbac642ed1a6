"""How much the suite tries: a part each time, all of it each week."""

import os

DEEP = os.environ.get("DEEP_TESTS") == "1"


def thorough(number: int) -> int:
    """Return so many examples for a deep run, and a third of them, at least ten, for any other."""
    return number if DEEP else max(10, number // 3)
