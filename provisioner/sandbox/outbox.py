"""Which webhook endpoints an event is to be sent to: noted together with the change that it tells."""

from provisioner.sandbox import home
from provisioner.sandbox.rules.webhook_endpoint import WEBHOOK_ENDPOINT, wants
from provisioner.sandbox.tx import Tx


def post(tx: Tx, event_id: str, event_type: str) -> None:
    """
    Have an event delivered to the account's own endpoints that want it, and, when the account is a
    connected one, to the platform's endpoints for connected accounts.
    """
    default = home.default_account(tx)
    owners = {tx.account: False} if tx.account == default else {tx.account: False, default: True}
    for owner, connect in owners.items():
        for endpoint in Tx(tx.db, owner, tx.now, tx.origin).all(WEBHOOK_ENDPOINT):
            if endpoint["_connect"] == connect and wants(endpoint, event_type):
                tx.db.execute(
                    "INSERT INTO deliveries (at, account, event, owner, endpoint, attempt) "
                    "VALUES (?, ?, ?, ?, ?, 0)",
                    (tx.now, tx.account, event_id, owner, endpoint["id"]),
                )
