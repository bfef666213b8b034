"""No rate, date, heading or country stands in Python: the law is data under `landed/law/`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from landed.lawbook.load import LAW_ROOT, read_yaml

SOURCE = LAW_ROOT.parent
FILES = sorted(p for p in SOURCE.rglob("*.py") if LAW_ROOT not in p.parents)
COUNTRIES = frozenset(read_yaml(LAW_ROOT / "us" / "geography.yaml")["countries"])

RATE = re.compile(r"\s*(?:total )?\d+(?:\.\d+)?\s*%\s*")
DAY = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")
HEADING = re.compile(r"\b9[89]\d\d\.\d\d(?:\.\d\d)?\b")
CHAPTER = re.compile(r"0[1-9]|[1-8]\d|9[0-7]")
GOODS = re.compile(r"\d{4}\.\d\d(?:\.\d\d){0,2}|\d{8}|\d{10}")
# A sentence for people may hold an example: it says so, or it shows a command.
EXAMPLE = re.compile(r"\bsuch as\b|\bSuch as\b|\bfor example\b|landed (?:quote|compare|history|hts|law|estimate) ")

# (file, literal): why it is not law.
ALLOWED: dict[tuple[str, str], str] = {
    ("schedule/succession.py", "0123456789"): "the digits, tried one by one for mistyped codes",
}


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string of a module that is no docstring, f-strings as their fixed text with a mark for each value."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                skipped.add(id(first.value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def law_in(text: str) -> str | None:
    """What of the law a string literal states, or None."""
    if RATE.fullmatch(text):
        return "a rate"
    if text in COUNTRIES:
        return "a country"
    if GOODS.fullmatch(text.strip()):
        return "a tariff number"
    if not EXAMPLE.search(text):
        if DAY.search(text):
            return "a date"
        if HEADING.search(text):
            return "a heading"
    return None


def days_in(tree: ast.AST) -> Iterator[int]:
    """Lines that build a date from numbers, since 1989, when the schedule began."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, int):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if ast.unparse(node).removeprefix("datetime.") == "date(2000, 1, 1)":
                continue  # a stand-in for any day
            if name in ("date", "datetime") and 1989 <= node.args[0].value <= 2100:
                yield node.lineno


def chapters_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Chapters of goods listed under a name that says so (chapters 98 and 99 hold no goods)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any("CHAPTER" in ast.unparse(target).upper() for target in node.targets):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and CHAPTER.fullmatch(part.value):
                    yield node.lineno, part.value


def findings(text: str, name: str) -> list[str]:
    """Every place where a source text states law."""
    tree = ast.parse(text)
    found = [
        f"{name}:{line}: {kind}: {literal[:80]!r}"
        for line, literal in literals(tree)
        if (kind := law_in(literal)) and (name, literal) not in ALLOWED
    ]
    found += [f"{name}:{line}: a chapter of goods: {code!r}" for line, code in chapters_in(tree) if (name, code) not in ALLOWED]
    return found + [f"{name}:{line}: a date built from numbers" for line in days_in(tree)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_no_rate_date_heading_or_country_stands_in_a_python_file(path: Path) -> None:
    found = findings(path.read_text(encoding="utf-8"), path.relative_to(SOURCE).as_posix())
    assert not found, "law belongs into src/landed/law/:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "smuggled",
    [
        'RATE = "25%"',
        'if origin == "CN": pass',
        "START = date(2025, 4, 9)",
        'START = "2025-04-09"',
        'note = f"since 2025-04-09 {rate}"',
        'HEADING = "9903.01.63"',
        'CODES = {"9503.00.00.73"}',
        'CODES = ["9503000073"]',
        'FLOOR = "total 15%"',
        'WINE_CHAPTERS = ("22",)',
    ],
)
def test_law_smuggled_into_python_is_found(smuggled: str) -> None:
    assert findings(smuggled, "smuggled.py")


@pytest.mark.parametrize("honest", ['"""Toys at 25% from CN on 2025-04-09."""', 'mend = "expected a day such as 2026-11-22"', 'mode = "ocean"', "x = date(1, 1, 1)"])
def test_docstrings_and_examples_in_messages_are_not_law(honest: str) -> None:
    assert not findings(honest, "honest.py")


def test_every_allowance_still_stands_in_its_file() -> None:
    for (name, literal), reason in ALLOWED.items():
        assert reason
        assert literal in (SOURCE / name).read_text(encoding="utf-8"), f"{name} no longer holds {literal!r}: drop the allowance"
