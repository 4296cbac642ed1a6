"""Merges grants into the configuration: the values in force at a time."""

from collections.abc import Sequence

from msgspec.structs import replace

from provisioner.core.model.config import Config
from provisioner.core.schema.kind import Kind


def in_force(kinds: Sequence[Kind], config: Config, now: int) -> Config:
    """
    Return the configuration at a time (Unix seconds), including the grants in force.

    If several grants set the same value, the widest counts.
    """
    if not config.grants:
        return config
    lasting = config.lasting or config.declared
    declared = dict(lasting)
    by_section = {kind.section: kind.spending for kind in kinds}
    for grant in config.grants:
        for address in sorted(grant.addresses & declared.keys()) if grant.holds(now) else ():
            each, spending = declared[address], by_section[address.section]
            if spending:
                declared[address] = replace(each, fields=spending.granted(each.fields, grant.power))
    return replace(config, declared=declared, lasting=lasting, now=now)
