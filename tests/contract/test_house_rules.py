"""What keeps the code readable: short files, short functions, and a word on everything public."""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import grimp
import pytest

import provisioner
from provisioner import kinds

ROOT = Path(provisioner.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 40
DEEPEST = 15
MOST_CALLED_ONCE = 0.15  # of all functions; what is cut to please a line count is read in bits

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def public(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield inside + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def broken_rules(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    if (lines := len(text.splitlines())) > LONGEST_FILE:
        yield f"{lines} lines"
    module = parsed(file)
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.name} has {lines} lines"
    if module.body and not ast.get_docstring(module):
        yield "no docstring"
    for name, node in public(module.body):
        if not ast.get_docstring(node):
            yield f"{name} has no docstring"


def test_files_and_functions_are_short_and_what_is_public_says_its_contract() -> None:
    assert [f"{file.relative_to(ROOT)}: {wrong}" for file in FILES for wrong in broken_rules(file)] == []


def functions_and_calls(file: Path) -> tuple[list[str], Counter[str], set[str]]:
    """The functions of a file; how often each name is used in it; and the names that are called."""
    functions: list[str] = []
    used: Counter[str] = Counter()
    called: set[str] = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.append(node.name)
        elif isinstance(node, ast.Attribute):
            used[node.attr] += 1
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used[node.id] += 1
        elif isinstance(node, ast.Call):
            called.add(getattr(node.func, "id", getattr(node.func, "attr", "")))
    return functions, used, called


def test_few_private_functions_are_called_by_one_place_only() -> None:
    """One that is handed to a table or to a library, which calls it, needs its name."""
    number, once = 0, []
    for file in FILES:
        functions, used, called = functions_and_calls(file)
        number += len(functions)
        private = (name for name in functions if name.startswith("_") and not name.startswith("__"))
        once += [
            f"{file.relative_to(ROOT)}: {name}" for name in private if used[name] == 1 and name in called
        ]

    assert len(once) / number <= MOST_CALLED_ONCE, once


def test_the_contract_of_strangers_names_every_kind() -> None:
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    [strangers] = [each for each in settings["importlinter"]["contracts"] if each["type"] == "independence"]
    modules = [each for each in vars(kinds).values() if isinstance(each, ModuleType)]

    assert set(strangers["modules"]) == {each.__name__ for each in modules if hasattr(each, "KIND")}


def test_no_class_has_the_name_of_another() -> None:
    places: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(file.relative_to(ROOT)))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    "name", ["field.Field", "kind.Kind", "kind.Replacement", "kind.Retirement", "kind.Spending"]
)
def test_every_attribute_of_a_kind_is_documented_at_the_attribute(name: str) -> None:
    file, _, wanted = name.partition(".")
    module = parsed(ROOT / "core" / "schema" / f"{file}.py")
    [found] = (each for each in module.body if isinstance(each, ast.ClassDef) and each.name == wanted)
    pairs = list(zip(found.body, [*found.body[1:], None], strict=True))

    assert [
        ast.unparse(attribute.target)
        for attribute, text in pairs
        if isinstance(attribute, ast.AnnAssign)
        and not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant))
    ] == []


def test_imports_are_no_deeper_than_a_reader_can_follow() -> None:
    graph = grimp.build_graph("provisioner", cache_dir=None)

    @cache
    def chain(module: str) -> tuple[str, ...]:
        below = map(chain, graph.find_modules_directly_imported_by(module))
        return (module, *max(below, key=len, default=()))

    longest = max(map(chain, graph.modules), key=len)
    assert len(longest) <= DEEPEST, " > ".join(longest)
