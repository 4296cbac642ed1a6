"""Reads the `secret_to` block of a resource: the destination of a secret that Stripe shows only once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from provisioner.config.text.scalar import from_outside
from provisioner.core.model.resource import SECRET_TO, SecretTo
from provisioner.core.schema.kind import FieldFault

EITHER = "'secret_to' needs either 'command' or 'file'"
COMMITTED = (
    "'secret_to.file' is in the git work tree {tree} and is not ignored by git; "
    "name a file outside of it, or add it to .gitignore"
)
MISSING = (
    "needs 'secret_to' in live mode: Stripe shows the secret only once, so say where it goes, such as "
    'secret_to: {command: [vault, kv, put, secret/stripe, "webhook=-"]}'
)


def destination(whole: Mapping[str, Any]) -> tuple[SecretTo | None, bool]:
    """
    Return the destination that a block names, and whether any of it must not be shown; None without a
    block.
    """
    raw = whole.get(SECRET_TO)
    if not raw:
        return None, False
    words = [*raw.get("command", ()), *([raw["file"]] if raw.get("file") else [])]
    to = SecretTo(tuple(str(word) for word in raw.get("command", ())), str(raw.get("file", "")))
    return to, any(map(from_outside, words))


def secret_faults(
    whole: Mapping[str, Any], beside: Path, environ: Mapping[str, str], *, live: bool
) -> Iterator[FieldFault]:
    """
    Return faults: no destination or two, a file that git could commit, or a missing block in `live` mode.

    The block is of a kind that has a secret. `beside` is the file of the block, to which paths are relative;
    `environ` is the environment for git.
    """
    raw = whole.get(SECRET_TO)
    if raw is None and live:
        yield FieldFault((), MISSING)
    elif raw is not None and bool(raw.get("command")) == bool(raw.get("file")):
        yield FieldFault((SECRET_TO,), EITHER)
    elif raw is not None and raw.get("file"):
        from provisioner.engine.git_ignored import work_tree_that_could_commit  # noqa: PLC0415 - cold start: few name a file

        # If git cannot answer, apply reports it.
        tree = work_tree_that_could_commit(beside.parent / raw["file"], environ)
        if tree and tree.is_certain:
            yield FieldFault((SECRET_TO, "file"), COMMITTED.format(tree=tree.folder))
