"""What the sandbox keeps for itself, in the account "": which account is the default one."""

from provisioner.sandbox.state.objects import Tx

_DEFAULT = "default_account"


def default_account(tx: Tx) -> str:
    """The id of the account that keys act on by themselves; empty in a state that has none yet."""
    if _DEFAULT not in tx.cache:
        tx.cache[_DEFAULT] = tx.at_home().recall(_DEFAULT, "")
    return str(tx.cache[_DEFAULT])


def make_default(own: Tx, account_id: str) -> None:
    """Name the default account."""
    own.remember(_DEFAULT, account_id)
