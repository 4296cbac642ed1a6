"""The id of the default account, which is stored in the account ""."""

from provisioner.sandbox.state.objects import Tx

_DEFAULT = "default_account"


def default_account(tx: Tx) -> str:
    """Return the id of the account that keys act on by default; empty in a new state."""
    if _DEFAULT not in tx.cache:
        tx.cache[_DEFAULT] = tx.at_home().recall(_DEFAULT, "")
    return str(tx.cache[_DEFAULT])


def make_default(own: Tx, account_id: str) -> None:
    """Set the default account."""
    own.remember(_DEFAULT, account_id)
    own.cache[_DEFAULT] = account_id
