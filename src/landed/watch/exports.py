"""What a new official export of the tariff changes against an old one, and the products it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from landed.schedule.build import Facts, Snapshot


@dataclass(frozen=True, slots=True)
class LineChange:
    """One number of the tariff that is new, ended or changed. `fields` holds (field, before, after) of what differs; `products` names what it touches."""

    what: str  # new, ended, changed
    number: str
    fields: tuple[tuple[str, str, str], ...]
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportDiff:
    """All changes between two exports, sorted by number; `draft` is a programme file in the making for new and changed chapter 99 headings, for a person to review."""

    new: int
    ended: int
    changed: int
    changes: tuple[LineChange, ...]
    touched: tuple[str, ...]
    draft: str


def diff(old: Snapshot, new: Snapshot, products: Iterable[tuple[str, str]], *, day: str, name: str) -> ExportDiff:
    """Compare the facts of two exports. `products` are (name, code digits); one is touched by its own line, by a line above it and by one below it."""
    goods = [(label, code) for label, code in products]
    found = []
    for number in sorted({*old, *new}):
        was, now = old.get(number), new.get(number)
        if was == now:
            continue
        what = "new" if was is None else "ended" if now is None else "changed"
        fields = tuple((field, getattr(was, field, "") if was else "", getattr(now, field, "") if now else "") for field in Facts._fields)
        mine = tuple(label for label, code in goods if code.startswith(number) or number.startswith(code))
        found.append(LineChange(what, number, tuple(f for f in fields if f[1] != f[2]), mine))
    counts = {what: sum(c.what == what for c in found) for what in ("new", "ended", "changed")}
    touched = tuple(dict.fromkeys(label for c in found for label in c.products))
    return ExportDiff(counts["new"], counts["ended"], counts["changed"], tuple(found), touched, _draft(found, new, day, name))


def _draft(changes: list[LineChange], new: Snapshot, day: str, name: str) -> str:
    """A programme file to start from: rates as printed, everything else for a person to write, nothing verified."""
    rows = [c for c in changes if c.number.startswith("99") and len(c.number) == 8 and c.what != "ended"]
    if not rows:
        return ""
    lines = ["# Draft from an official export: goods, origins, conditions and citations are for a person to write. Nothing here is verified.", "programme: us.draft", "measures:"]
    for change in rows:
        number = f"{change.number[:4]}.{change.number[4:6]}.{change.number[6:]}"
        rate = new[change.number].general.replace('"', "'")
        lines += [f'  - heading: "{number}"', f"    from: {day}", f'    printed_rate: "{rate}"', f"    change: {change.what}", "    verified: false", f'    cite: ["{name}"]']
    return "\n".join(lines) + "\n"
