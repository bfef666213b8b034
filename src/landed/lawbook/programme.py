"""Reads one programme file into measures: spells from rate tables, country tables, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from landed.errors import LandedError
from landed.lawbook.model import Condition, Effect, Goods, Measure, Origins, Programme, Target
from landed.lawbook.rate import Rate

MEASURE_KEYS = {
    "heading", "heading_reached", "title", "goods", "origins", "countries", "rate", "from", "until", "effect", "when", "base", "covers",
    "compares", "displaces", "published", "until_published", "annulled", "status", "cite", "verified", "note", "subject_to", "frees",
    "leaves", "evidence", "offer",
}  # fmt: skip
PROGRAMME_KEYS = {
    "programme", "title", "kind", "authority", "drawback", "verified_through", "rank", "defaults", "measures", "exemptions", "note",
}  # fmt: skip
BASES = {
    "entered_value", "steel_content", "aluminum_content", "copper_content", "us_content", "us_content_max_40", "non_us_content",
    "value_less_us_content_max_40", "repair_value", "value_less_repair", "quantity", "none",
}  # fmt: skip


def read_programme(row: Mapping[str, Any], where: str) -> Programme:
    """A programme from its YAML mapping; raises BAD_LAW_FILE naming file, heading and key."""
    _only(row, PROGRAMME_KEYS, where)
    for key in ("programme", "title", "kind", "authority", "verified_through"):
        if key not in row:
            raise _bad(where, f"the key {key!r} is missing")
    defaults = row.get("defaults") or {}
    _only(defaults, MEASURE_KEYS, f"{where} defaults")
    measures: list[Measure] = []
    for section, exempting in (("measures", False), ("exemptions", True)):
        for number, entry in enumerate(row.get(section) or (), 1):
            place = f"{where} {section}[{number}] {entry.get('heading', '')}".strip()
            _only(entry, MEASURE_KEYS, place)
            measures.extend(_measures({**_fitting(defaults, exempting), **entry}, str(row["programme"]), exempting, place))
    names: dict[str, int] = {}
    numbered = []
    for measure in measures:
        names[measure.id] = names.get(measure.id, 0) + 1
        numbered.append(measure if names[measure.id] == 1 else _renamed(measure, f"{measure.id}#{names[measure.id]}"))
    return Programme(
        id=str(row["programme"]),
        title=str(row["title"]),
        kind=str(row["kind"]),
        authority=str(row["authority"]),
        drawback=row.get("drawback"),
        verified_through=day_of(row["verified_through"], where),
        rank=int(row.get("rank", 50)),
        measures=tuple(numbered),
        note=str(row.get("note", "")),
    )


def _fitting(defaults: Mapping[str, Any], exempting: bool) -> dict[str, Any]:
    """Defaults that make sense for the section: an exemption takes no rate, base or displacement from them."""
    drop = {"rate", "base", "covers", "displaces", "compares", "countries", "effect", "when"} if exempting else set()
    return {k: v for k, v in defaults.items() if k not in drop}


def _measures(entry: dict[str, Any], programme: str, exempting: bool, where: str) -> Iterable[Measure]:
    countries = entry.pop("countries", None)
    if countries is None:
        yield from _spells(entry, programme, exempting, where)
        return
    for names, cell in countries.items():
        if not isinstance(cell, list) or len(cell) not in (2, 3):
            raise _bad(where, f"countries {names}: expected [heading, rate] or [heading, rate, heading_reached], got {cell!r}")
        row = {**entry, "heading": str(cell[0]), "origins": str(names).split()}
        if exempting:
            raise _bad(where, "an exemption has no countries table")
        row["rate"] = {entry["from"]: cell[1]}
        if len(cell) == 3:
            row["heading_reached"] = str(cell[2])
        yield from _spells(row, programme, exempting, where)


def _spells(entry: Mapping[str, Any], programme: str, exempting: bool, where: str) -> Iterable[Measure]:
    effect: Effect = "exempt" if exempting else entry.get("effect", "duty")
    if effect not in ("duty", "exempt", "prohibit", "column_2", "minimum_price", "notice"):
        raise _bad(where, f"unknown effect {effect!r}")
    until = day_of(entry["until"], where) if entry.get("until") else None
    table = entry.get("rate")
    if isinstance(table, Mapping):
        starts = [day_of(day, where) for day in table]
        if starts != sorted(set(starts)):
            raise _bad(where, "the days of the rate table are reversed or repeated")
        rates: list[Rate | None] = [_rate(text, where) for text in table.values()]
    elif effect in ("duty", "column_2", "minimum_price"):
        raise _bad(where, f"a {effect} needs a rate table {{day: rate}}, got {table!r}")
    else:
        if "from" not in entry:
            raise _bad(where, "the key 'from' is missing")
        starts, rates = [day_of(entry["from"], where)], [None]
    published = _published(entry.get("published"), starts, where)
    for number, (start, rate) in enumerate(zip(starts, rates, strict=True)):
        last = number == len(starts) - 1
        end = until if last else starts[number + 1] - timedelta(days=1)
        if not last and until and end and end > until:
            raise _bad(where, f"the rate of {starts[number + 1]} begins after until {until}")
        annulled = day_of(entry["annulled"], where) if entry.get("annulled") else None
        if end is not None and end < start and annulled is None:
            raise _bad(where, f"reversed dates: from {start} until {end}")
        base = entry.get("base", "entered_value")
        covers = entry.get("covers", base if base in ("steel_content", "aluminum_content", "copper_content", "none") else "entered_value")
        for name in (base, covers, *([entry["leaves"]] if entry.get("leaves") else [])):
            if name not in BASES:
                raise _bad(where, f"unknown base {name!r}")
        heading = str(entry.get("heading", "") or "")
        yield Measure(
            id=f"{programme}:{heading or 'relief'}:{start.isoformat()}",
            programme=programme,
            heading=heading,
            title=str(entry.get("title", "")),
            effect=effect,
            rate=rate,
            goods=read_goods(entry.get("goods", "all"), where),
            origins=read_origins(entry.get("origins", "all"), where),
            from_=start,
            to=end,
            when=_bound(read_condition(entry["when"], where), heading) if entry.get("when") is not None else None,
            base=base,
            covers=covers,
            leaves=entry.get("leaves"),
            heading_reached=entry.get("heading_reached"),
            compares=entry.get("compares", "general"),
            displaces=tuple(_target(item, where) for item in entry.get("displaces", ())),
            subject_to=strings(entry.get("subject_to", ())),
            frees=strings(entry.get("frees", ())),
            published=published.get(start),
            to_published=day_of(entry["until_published"], where) if last and entry.get("until_published") else published.get(starts[number + 1]) if not last else None,
            known_until=annulled,
            status=entry.get("status", "law"),
            cite=strings(entry.get("cite", ())),
            verified=bool(entry.get("verified", True)),
            note=str(entry.get("note", "")),
            evidence=str(entry.get("evidence", "")),
            offer=bool(entry.get("offer", True)),
        )


def _renamed(measure: Measure, name: str) -> Measure:
    from dataclasses import replace

    return replace(measure, id=name)


def _rate(text: object, where: str) -> Rate:
    from landed.lawbook.rate_text import parse_law_rate

    try:
        return parse_law_rate(str(text))
    except LandedError as bad:
        raise _bad(where, bad.detail) from None


def _published(value: object, starts: list[date], where: str) -> dict[date, date]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {day_of(k, where): day_of(v, where) for k, v in value.items()}
    if len(starts) != 1:
        raise _bad(where, "published must be {day: day} where the rate table has several days")
    return {starts[0]: day_of(value, where)}


def _target(item: object, where: str) -> Target:
    if isinstance(item, Mapping):
        _only(item, {"name", "from", "until"}, where)
        return Target(
            str(item["name"]),
            day_of(item["from"], where) if item.get("from") else None,
            day_of(item["until"], where) if item.get("until") else None,
        )
    return Target(str(item))


def read_goods(value: object, where: str) -> Goods:
    """`all` or a mapping of lists, codes and chapters."""
    if value == "all":
        return Goods(all=True)
    if not isinstance(value, Mapping):
        raise _bad(where, f"goods: expected all or a mapping, got {value!r}")
    _only(value, {"all", "lists", "codes", "without", "not_codes", "chapters", "not_chapters"}, f"{where} goods")
    lists, codes, chapters = strings(value.get("lists", ())), strings(value.get("codes", ())), strings(value.get("chapters", ()))
    return Goods(
        all=bool(value.get("all", not lists and not codes)),
        lists=lists,
        codes=tuple(c.replace(".", "") for c in codes),
        without=strings(value.get("without", ())),
        not_codes=tuple(c.replace(".", "") for c in strings(value.get("not_codes", ()))),
        chapters=tuple(c.zfill(2) for c in chapters),
        not_chapters=tuple(c.zfill(2) for c in strings(value.get("not_chapters", ()))),
    )


def read_origins(value: object, where: str) -> Origins:
    """`all`, a list of countries or groups, or {all: true, without: [...]}."""
    if value == "all":
        return Origins(all=True)
    if isinstance(value, list):
        return Origins(members=strings(value))
    if isinstance(value, Mapping):
        _only(value, {"all", "without", "members"}, f"{where} origins")
        return Origins(all=bool(value.get("all", False)), members=strings(value.get("members", ())), without=strings(value.get("without", ())))
    raise _bad(where, f"origins: expected all, a list or a mapping, got {value!r}")


def read_condition(value: object, where: str) -> Condition:
    """A condition in any of the shapes of docs/law-format.md."""
    if isinstance(value, str):
        return Condition("claimed") if value == "claimed" else Condition("fact", fact=value, test="is", value=True)
    if isinstance(value, list):
        return Condition("all", of=tuple(read_condition(v, where) for v in value))
    if not isinstance(value, Mapping) or not value:
        raise _bad(where, f"when: cannot read {value!r}")
    if "fact" in value:
        _only(value, {"fact", "is", "below", "at_least", "in"}, f"{where} when")
        tests = [k for k in ("is", "below", "at_least", "in") if k in value]
        if len(tests) != 1:
            raise _bad(where, f"when: fact {value['fact']} needs one of is, below, at_least, in")
        operand = value[tests[0]]
        return Condition("fact", fact=str(value["fact"]), test=tests[0], value=tuple(operand) if isinstance(operand, list) else operand)  # type: ignore[arg-type]
    for key in ("loaded_before", "exported_before"):
        if key in value:
            _only(value, {key, "entered_before"}, f"{where} when")
            return Condition(
                key,
                day=day_of(value[key], where),
                entered_before=day_of(value["entered_before"], where) if value.get("entered_before") else None,
            )
    if len(value) != 1:
        raise _bad(where, f"when: expected one key, got {sorted(map(str, value))}")
    ((op, operand),) = value.items()
    if op in ("all", "any"):
        return Condition(op, of=tuple(read_condition(v, where) for v in operand))
    if op == "not":
        return Condition("not", of=(read_condition(operand, where),))
    if op in ("spi", "entry_type", "chapter_98"):
        return Condition(op, value=strings(operand))
    raise _bad(where, f"when: unknown test {op!r}")


def _bound(condition: Condition, heading: str) -> Condition:
    """A condition whose `claimed` tests know the heading that must be claimed."""
    from dataclasses import replace

    if condition.op == "claimed":
        return replace(condition, value=heading)
    return replace(condition, of=tuple(_bound(part, heading) for part in condition.of)) if condition.of else condition


def strings(value: object) -> tuple[str, ...]:
    """A string or list of strings as a tuple."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable):
        return tuple(str(v) for v in value)
    raise LandedError("BAD_LAW_FILE", f"expected a list of texts, got {value!r}")


def day_of(value: object, where: str) -> date:
    """A YAML day as a date; raises BAD_LAW_FILE otherwise."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _bad(where, f"expected a day such as 2026-04-06, got {value!r}") from None


def _only(row: object, keys: set[str], where: str) -> None:
    if not isinstance(row, Mapping):
        raise _bad(where, f"expected a mapping, got {row!r}")
    unknown = set(map(str, row)) - keys
    if unknown:
        raise _bad(where, f"unknown key {sorted(unknown)[0]!r}")


def _bad(where: str, detail: str) -> LandedError:
    return LandedError("BAD_LAW_FILE", f"{where}: {detail}", where=where)
