"""Reads the data that a plan needs: only lists, in parallel, never one request per object."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from provisioner.core.diff.top_up import must_be_wired, read_top_up
from provisioner.core.model.errors import AccessError
from provisioner.core.model.resource import Address, Declared
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Lister, Reader
from provisioner.engine.read.parallel_list import READERS, read_list
from provisioner.engine.read.projection import observer, wanted
from provisioner.engine.read.repair import mended

T = TypeVar("T")
Progress = Callable[[str, int], None]


def silent(_resource: str, _count: int) -> None:
    """Ignore progress."""


def observe(
    reader: Lister,
    kinds: Sequence[Kind],
    declared: Mapping[Address, Declared],
    progress: Progress = silent,
    workers: Callable[[int], Executor] = ThreadPoolExecutor,
) -> Snapshot:
    """
    Read the account, its balance and all objects of the kinds, reduced to the data that is needed.

    Data that only a balance target needs is read only if one is declared. `progress(resource, count)` is
    called for every page; `workers` makes the executor for parallel reads. Raises StripeError or AccessError.
    """
    expected = Counter(address.section for address in declared)
    asked = owned(kinds)
    money = [kind for kind in kinds if not kind.is_owned and expected[kind.section]]
    with workers(len(asked) + len(money) + 2) as side_by_side, workers(READERS * 2) as pool:

        def listed(kind: Kind, expected: int, keep: Callable[[Mapping[str, Any]], T]) -> Future[list[T]]:
            ask = partial(reader.page, kind.resource, wanted=wanted(kind))
            told = partial(progress, kind.resource)
            return side_by_side.submit(read_list, pool, ask, kind.resource, expected, keep, told)

        account = side_by_side.submit(_account, reader)
        # nothing can be done about objects that cannot end, unless they are in the configuration or are
        # exported
        needed = [kind for kind in asked if kind.retirement.can_end or expected[kind.section] or not declared]
        lists = {kind: listed(kind, expected[kind.section], observer(kind, declared)) for kind in needed}
        moving = [listed(kind, 0, read_top_up) for kind in money]
        balance = side_by_side.submit(_balance, reader, moving) if money else None
        wired = bool(money) and must_be_wired(account.result())
        objects: dict[str, Sequence[Observed]] = dict.fromkeys([kind.resource for kind in asked], ())
        objects |= {kind.resource: _readable(kind, found, expected) for kind, found in lists.items()}
        return Snapshot(
            account=account.result(),
            balance=balance.result() if balance else {},
            objects=mended(reader, asked, objects, partial(observer, declared=declared)),
            top_ups=[top_up for found in moving for top_up in found.result()],
            instructions=list(reader.list("issuing/funding_instructions")) if wired else (),
        )


def _readable(kind: Kind, found: Future[list[Observed]], expected: Counter[str]) -> Sequence[Observed]:
    """Return the objects of a list; none if the key may not read them, and the project does not need them."""
    try:
        return found.result()
    except AccessError:
        if kind.is_optional and not expected[kind.section]:
            return ()
        raise


def _balance(reader: Reader, moving: Iterable[Future[Any]]) -> Mapping[str, Any]:
    """
    Return the balance, which is read after the pending top-ups.

    If it were read before, a top-up that settles in between would be in neither, and would be made again. In
    this order, the worst case is that it is in both, and the next plan tops up what is missing. Whether
    Stripe books both at the same moment is not documented [?].
    """
    for each in moving:
        each.result()
    return reader.retrieve("balance")


def _account(reader: Reader) -> Mapping[str, Any]:
    """Return the account; empty if a restricted key may not read it, because the account is not essential."""
    try:
        return reader.retrieve("account")
    except AccessError:
        return {}
