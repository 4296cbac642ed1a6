"""
Completes a configuration with facts from Stripe before the two are compared: ids for names, and grants.

Grants depend on the time. Stripe's time is used if Stripe returns it, so that a wrong local clock cannot
change who may spend.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.config.text.near import near
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, Problem
from provisioner.core.model.resource import Address, Declared
from provisioner.core.schema.field import Field
from provisioner.core.schema.in_force import in_force
from provisioner.core.schema.kind import Kind, owned
from provisioner.stripe_api.answers import ANSWERS


def ready(account: Account) -> Account:
    """
    Return the account with a configuration that is ready to be compared: with ids for names, and with grants.

    Stripe is asked only for what the configuration needs. Raises ConfigError for names that do not exist in
    Stripe, and StripeError or AccessError as any request does.
    """
    config = account.config
    fields = [(kind, field) for kind in account.kinds for field in kind.fields if field.named_in]
    for kind, field in fields:
        if wanted := dict(_named(config, kind, field)):
            config = replace(config, declared={**config.declared, **_with_ids(account, field, wanted)})
    if config.grants:
        config = in_force(account.kinds, config, _stripe_time(account))
    return replace(account, config=config) if config is not account.config else account


def _stripe_time(account: Account) -> int:
    # every key that is allowed to plan may read this list
    resource = owned(account.kinds)[0].resource
    account.transport.send("GET", resource, {"limit": 1}, read=ANSWERS.page_of(resource))
    return account.transport.now or int(time.time())


def _named(config: Config, kind: Kind, field: Field) -> Iterator[tuple[Address, Declared]]:
    """Yield the resources that refer to an object by its name instead of its id."""
    for address, declared in config.declared.items():
        value = str(declared.fields.get(field.name, ""))
        if address.section == kind.section and value and not value.startswith(field.named_prefix):
            yield address, declared


def _with_ids(
    account: Account, field: Field, wanted: Mapping[Address, Declared]
) -> Mapping[Address, Declared]:
    ids: dict[str, list[str]] = defaultdict(list)
    for item in account.reader.list(field.named_in):
        ids[str(item.get("name"))].append(str(item["id"]))
    found, problems = {}, []
    for address, declared in wanted.items():
        name = str(declared.fields[field.name])
        if len(ids.get(name, ())) == 1:
            fields = {**declared.fields, field.name: ids[name][0]}
            found[address] = replace(declared, fields=fields)
        else:
            problems.append(
                Problem(declared.where, str(address), _unknown(field, name, ids.get(name, ()), ids))
            )
    if problems:
        raise ConfigError(problems)
    return found


def _unknown(field: Field, name: str, ids: Sequence[str], known: Mapping[str, Sequence[str]]) -> str:
    if ids:
        return f"{field.name!r}: Stripe has several with the name {name!r}; use an id: {', '.join(ids)}"
    there = f"; it has {', '.join(map(repr, sorted(known)))}" if known else ""
    return f"{field.name!r}: Stripe has none with the name {name!r}{near(name, known) or there}"
