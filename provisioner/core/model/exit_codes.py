"""The exit codes: a contract with the scripts of others, so none is ever given another meaning."""

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """What a command ends with; `meaning` is what README and `docs/reference/exit-codes.md` say of it."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Keep the meaning beside the number."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done, or in sync"
    ERROR = 1, "error; nothing of it was done, or the message says what was"
    CHANGES = 2, "changes (`plan --detailed-exitcode`), or drift"
    GUARDRAIL = 3, "stopped by a guardrail, which names the number that would let it pass"
    STALE = 4, "the saved plan is stale"
    PARTLY = 5, "applied in part; running it again finishes"
    ACCESS = 7, "wrong key, account or mode"
    INTERRUPTED = 130, "interrupted; the calls under way were finished"
