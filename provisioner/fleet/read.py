"""Reads fleet.yaml and its rosters into a `Fleet`; raises one ConfigError with all problems."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.config.build.problem import AT_KEY, problem_in
from provisioner.config.build.variables import SIGN
from provisioner.config.load import in_order
from provisioner.config.schema.messages import say
from provisioner.config.schema.validate import Shapes, shapes_of_schema
from provisioner.config.text.document import Document, open_document, text_of
from provisioner.config.text.excerpt import with_excerpts
from provisioner.config.text.outside import NOTHING_MORE, Allowed, Outside
from provisioner.config.text.scalar import BROKEN
from provisioner.core.model.errors import ConfigError, Problem, Where
from provisioner.core.model.money import parse_money
from provisioner.fleet.fleet_schema import fleet_schema_text
from provisioner.fleet.model import Fleet, FleetAccount, FleetLimits, Rates, Selector
from provisioner.fleet.rows import ROSTERS, Row, document_rows, roster_rows
from provisioner.fleet.select import fits, labels_hint, parse_selector

FILES = ("fleet.yaml", "fleet.yml")
HOLE_SAYS = (
    "'${' cannot be used in a fleet, because its variables are sent to workers; write ${env.NAME} in the "
    "configuration, where each worker reads its own environment"
)


def is_fleet(path: Path) -> bool:
    """Return whether a path is a fleet file, or a folder with one, by its name."""
    return path.name in FILES or any((path / name).is_file() for name in FILES)


def load_fleet(path: Path, allowed: Allowed = NOTHING_MORE) -> Fleet:
    """
    Read a fleet file, or the fleet.yaml of a folder, with its rosters.

    Rosters and configurations must be in the folder of the file or be `allowed`, so that a fleet file cannot
    read other files of the machine. Raises ConfigError with all problems, in the order of files and lines.
    """
    file = path
    if path.is_dir():
        there = [path / name for name in FILES if (path / name).is_file()]
        if not there:
            raise ConfigError(
                [Problem(None, "", f"{path} contains no {FILES[0]}; pass a fleet file or its folder")]
            )
        file = there[0]
    reading = _Reading(Outside(file.parent, {}, allowed))
    document = reading.sound("file", open_document(file, reading.problems, reading.outside))
    value = document.value
    accounts = tuple(reading.accounts(document))
    canary = tuple(_selectors(document, accounts, reading.problems))
    limits = _limits(document, reading.problems)
    if not accounts and not reading.problems:
        text = "no accounts; add some under 'accounts' or in a 'roster'"
        reading.problems.append(Problem(Where(str(document.file), 1, 1), "", text))
    if reading.problems:
        problems = in_order(reading.problems)
        named = {each.where.file for each in problems if each.where}
        texts = {name: text_of(Path(name), [], reading.outside) or "" for name in named}
        raise ConfigError(with_excerpts(problems, texts))
    return Fleet(
        str(value["fleet"]),
        str(value.get("mode", "test")),
        accounts,
        canary,
        Rates(**value.get("rates", {})),
        limits,
    )


class _Reading(Struct):
    """The state of reading a fleet."""

    outside: Outside
    """Reads the environment and files for the fleet's own file."""
    problems: list[Problem] = field(default_factory=list)
    """The problems that were found."""
    shapes: Shapes = field(default_factory=lambda: shapes_of_schema(fleet_schema_text()))
    """The schema of fleet files."""
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """The number of the row of each id and name."""
    unusable: dict[Path, str] = field(default_factory=dict)
    """The reason why a configuration cannot be used, by its path."""

    def sound(self, definition: str, document: Document) -> Document:
        """Return the document without its invalid parts; adds a problem for each of them."""
        misfits = self.shapes.misfits(definition, document.value)
        for misfit in misfits:
            if misfit.value is not BROKEN and document.reading.sound:
                self.problems.append(problem_in(document, misfit, misfit.path[:-1][:2]))
        bad = {misfit.path[0] for misfit in misfits if misfit.path}
        if not document.reading.sound or "configuration" in bad:
            bad |= {"accounts", "roster"}  # checks of invalid parts would be misleading
        return replace(document, value={key: v for key, v in document.value.items() if key not in bad})

    def accounts(self, document: Document) -> Iterator[FleetAccount]:
        """Yield the valid accounts of the fleet file and of its rosters."""
        for number, row in enumerate(self.rows(document)):
            account = self.account(row, document)
            if account is not None and self.is_new(number, row, document):
                yield account

    def rows(self, document: Document) -> Iterator[Row]:
        """Yield all rows, those of the fleet file first."""
        yield from document_rows(document)
        roster = document.value.get("roster", ())
        names = [roster] if isinstance(roster, str) else roster
        for number, name in enumerate(names):
            file = document.file.parent / name
            if file.suffix in ROSTERS and file.is_file():
                yield from roster_rows(
                    file, self.problems, self.outside, lambda other: self.sound("roster", other)
                )
                continue
            wrong = "is not a file" if file.suffix in ROSTERS else f"does not end in {', '.join(ROSTERS)}"
            path = ("roster",) if isinstance(roster, str) else ("roster", number)
            self.problems.append(Problem(document.where(path), "roster", f"{name!r} {wrong}"))

    def account(self, row: Row, document: Document) -> FleetAccount | None:
        """Return one account, or None after adding its problems."""
        before = len(self.problems)
        misfits = self.shapes.misfits("account", row.value)
        for misfit in misfits:
            if misfit.value is not BROKEN:
                words = say(misfit, raw=row.raw(misfit.path), hidden=False)
                self.wrong(row, misfit.path, words, key=misfit.keyword in AT_KEY)
        if misfits:
            return None
        value = row.value
        variables = {**document.value.get("vars", {}), **value.get("vars", {})}
        account = FleetAccount(
            value["account"],
            value.get("name", value["account"]),
            self.configuration(row, document),
            value.get("env", document.value.get("env")),
            {
                name: str(given).lower() if isinstance(given, bool) else str(given)
                for name, given in variables.items()
            },
            value.get("labels", {}),
        )
        for name, given in variables.items():
            if isinstance(given, str) and SIGN in given:
                self.wrong(row, ("vars", name), HOLE_SAYS)
        return account if len(self.problems) == before else None

    def is_new(self, number: int, row: Row, document: Document) -> bool:
        """Return whether the id and name of a row are new; adds a problem for each that is not."""
        before = len(self.problems)
        for key in {"account", "name"} & row.value.keys():
            given = row.value[key]
            first = self.seen.setdefault((key, given), number)
            if first != number:
                # to save memory, rows are not kept: they are read again
                place = next(islice(self.rows(document), first, None)).where((key,), False)
                self.wrong(row, (key,), f"{given!r} is also used at {place}; keep only one of them")
        return len(self.problems) == before

    def configuration(self, row: Row, document: Document) -> str:
        """Return the absolute path of a row's configuration, its own or that of the fleet file."""
        own = row.value.get("configuration")
        name = own or document.value.get("configuration")
        if name is None:
            self.wrong(row, (), "'configuration' is missing, here and at the top of the fleet file")
            return ""
        path = ((row.file if own else document.file).parent / name).absolute()
        if path not in self.unusable:
            self.unusable[path] = self.why_unusable(path)
            if self.unusable[path] and not own:
                where = document.where(("configuration",))
                self.problems.append(Problem(where, "configuration", f"{name!r} {self.unusable[path]}"))
        if own and self.unusable[path]:
            self.wrong(row, ("configuration",), f"{name!r} {self.unusable[path]}")
        return sys.intern(str(path))

    def why_unusable(self, path: Path) -> str:
        """Return what is wrong with the path of a configuration; empty if nothing is."""
        if not path.exists():
            return "is not a file or folder"
        if self.outside.has(path) or self.outside.allows(path):
            return ""
        return f"is outside of the fleet's folder; allow it with --allow-file {path}"

    def wrong(self, row: Row, path: tuple[Any, ...], words: str, *, key: bool = False) -> None:
        """Add a problem with a row."""
        named = row.value.get("account") if isinstance(row.value, dict) else None
        address = f"accounts.{named[:60]}" if isinstance(named, str) else "accounts"
        self.problems.append(Problem(row.where(path, key), address, words))


def _selectors(
    document: Document, accounts: Sequence[FleetAccount], problems: list[Problem]
) -> Iterator[Selector]:
    """Yield the selectors of the canary accounts; one that matches no account is a problem."""
    canary = document.value.get("canary", ())
    complete = not problems  # otherwise, an account that it matches may be missing
    for number, text in enumerate([canary] if isinstance(canary, str) else canary):
        path = ("canary",) if isinstance(canary, str) else ("canary", number)
        try:
            selector = parse_selector(text)
        except ValueError as error:
            problems.append(Problem(document.where(path), "canary", str(error)))
            continue
        if complete and accounts and not any(fits([selector], account) for account in accounts):
            says = f"no account matches {text!r}{labels_hint(accounts)}"
            problems.append(Problem(document.where(path), "canary", says))
        yield selector


def _limits(document: Document, problems: list[Problem]) -> FleetLimits:
    said: Mapping[str, Any] = document.value.get("guardrails", {})
    failed = said.get("max_failed")
    return FleetLimits(
        top_up=dict(_money(document, said.get("max_top_up", {}), problems)),
        retired=said.get("max_retired"),
        failed=failed if isinstance(failed, int) else None,
        failed_share=int(failed.rstrip("%")) / 100 if isinstance(failed, str) else None,
    )


def _money(document: Document, said: Any, problems: list[Problem]) -> Iterator[tuple[str, int]]:
    for currency, amount in said.items() if isinstance(said, dict) else [(None, said)]:
        path = ("guardrails", "max_top_up", *([currency] if currency else []))
        if isinstance(amount, int):
            yield str(currency), amount
            continue
        try:
            money = parse_money(amount)
        except ValueError as error:
            problems.append(Problem(document.where(path), "guardrails.max_top_up", str(error)))
            continue
        if currency not in (None, money.currency):
            says = f"the amount under {currency!r} is in {money.currency.upper()}"
            problems.append(Problem(document.where(path), "guardrails.max_top_up", says))
        yield money.currency, money.amount
