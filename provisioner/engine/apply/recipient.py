"""Hands secrets over: to a command's standard input, or to a file that only its owner may read."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.call import Handover
from provisioner.engine.git_ignored import work_tree_that_could_commit
from provisioner.engine.private_file import check_replaceable, write_private

SECONDS = 60.0
LONGEST = 200  # the most characters of a command's message that are shown
PIECE = 8  # a message that contains this many characters of a secret in a row is not shown
STRIPE_KEY = re.compile(r"\b[rs]k_(?:live|test)_")


class CommandOrFile(Struct, frozen=True):
    """Hands secrets over to the destination in `secret_to`."""

    environ: Mapping[str, str]
    """The environment for commands; Stripe's keys are removed from it."""
    account: str = ""
    """The id of the account, which commands get in a variable."""

    def check(self, handover: Handover) -> None:
        """
        Raise ProvisionerError if a secret could not be handed over. No user command is run for this
        check.
        """
        folder = Path(handover.beside).parent
        if handover.to.command:
            program = handover.to.command[0]
            place = str(folder / program) if Path(program).name != program else program
            if not shutil.which(place, path=self.environ.get("PATH", os.defpath)):
                raise ProvisionerError(f"secret_to: there is no program {program!r}; nothing was changed")
            return
        file = folder / handover.to.file
        if not file.parent.is_dir():
            raise ProvisionerError(f"secret_to: the folder {file.parent} does not exist; nothing was changed")
        try:
            check_replaceable(file)
        except OSError as error:
            raise ProvisionerError(f"secret_to: {file} cannot be written: {error.strerror}") from None
        if tree := work_tree_that_could_commit(file, self._without_keys()):
            why = "is not ignored by git" if tree.is_certain else "may not be ignored: git cannot tell"
            raise ProvisionerError(
                f"secret_to: {file} is in the git work tree {tree.folder} and {why}; nothing was changed. "
                "Name a file outside of it, or add it to .gitignore"
            )

    def give(self, handover: Handover, identity: str, secret: str) -> None:
        """Hand over the secret of the object with this id. Raises ProvisionerError if that fails."""
        if not handover.to.command:
            write_private(Path(handover.beside).parent / handover.to.file, secret)
            return
        facts = {"address": handover.address, "id": identity, "account": self.account}
        told = {f"PROVISIONER_{name.upper()}": str(fact) for name, fact in facts.items()}
        failed = f"the command {handover.to.command[0]!r} did not take its secret:"
        try:
            # in a separate session, Ctrl-C does not end it halfway
            done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
                handover.to.command,
                input=secret.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._without_keys() | told,
                cwd=Path(handover.beside).parent,
                timeout=SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ProvisionerError(f"{failed} it did not end within {SECONDS:.0f} seconds") from None
        except OSError as error:
            raise ProvisionerError(f"{failed} it cannot be run: {error.strerror}") from None
        if done.returncode:
            said = _last_words(done.stderr.decode(errors="replace"), secret)
            raise ProvisionerError(f"{failed} it exited with code {done.returncode}{said}")

    def _without_keys(self) -> dict[str, str]:
        """Return the environment without Stripe's keys, whatever the names of their variables are."""
        return {
            name: value
            for name, value in self.environ.items()
            if not name.startswith("STRIPE_") and not STRIPE_KEY.search(value)
        }


def _last_words(said: str, secret: str) -> str:
    """Return the last line that a command wrote to stderr, unless it contains a part of the secret."""
    line = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    pieces = (secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1))
    if not line or any(piece in said for piece in pieces):
        return " (its output is not shown)" if line else ""
    shown = "".join(letter if letter.isprintable() else "?" for letter in line[:LONGEST])
    return f": {shown}"
