"""A document from its bytes to fields with place and confidence, checks, a draft entry and goods to classify."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landed.documents.checks import check
from landed.documents.draft import draft_entry, to_classify
from landed.documents.header import PARTIES, Found, Header, read_header
from landed.documents.layout import said
from landed.documents.model import Field, Page, PageRead, Reading, Word
from landed.documents.numbers import ambiguous_day, comma_decimal, is_number, number_text, parse_day, parse_number, plain
from landed.documents.separators import settle
from landed.documents.source import pages_of
from landed.documents.table import INLINE_CODE, INLINE_ORIGIN, Cells, Table, quantity_and_unit, read_table
from landed.documents.words import country_in, currency_in, match, unit_of
from landed.errors import LandedError

if TYPE_CHECKING:
    from datetime import date

    from landed.duty.estimate import Engine

NUMBERS = ("price", "amount", "other_amount", "net_weight", "gross_weight", "packages", "volume")
HEAD_SUMS = ("subtotal", "freight", "insurance", "packing", "discount", "tax", "other", "total", "other_total", "total_quantity", "total_packages", "total_net_weight", "total_gross_weight", "total_volume")
HEAD_FIELDS = frozenset({"invoice_number", "date", "incoterm", "incoterm_place", "currency", "origin", "transport", *(f"{p}.{part}" for p in PARTIES for part in ("name", "address", "country")), *HEAD_SUMS})
LINE_FIELDS = frozenset({"description", "reference", "code", "origin", "quantity", "unit", "currency", *NUMBERS})
LONGEST_TEXT = 1_000
UNSURE = 0.75  # a reading less sure than this is shown as such


def read_file(data: bytes, name: str, engine: Engine, *, on: date | None = None, pictures: bool = False) -> Reading:
    """What a commercial invoice or packing list says.

    Raises LandedError of `pages_of`, LANGUAGE_NOT_READ for a paper none of whose labels is known and whose letters are of another script, and
    NO_GOODS_FOUND for one without a table of goods.
    """
    pages = pages_of(data, name)
    table = read_table(pages)
    header = read_header(table.rest, _incoterms())
    if not table.lines:
        _nothing_found(pages, header, name)
    fields = _fields(table, header, engine)
    kind = "packing_list" if header.title == "packing_list" or (not header.title and not {"amount", "price"} & table.columns.keys()) else "invoice"
    read = tuple(PageRead(p.number, p.source, p.turned, len(p.words), _sure(p.words) if p.source == "scan" else None, p.name) for p in pages)
    fields, points = settle(fields, len(table.lines))
    warnings = [*_warnings(pages, fields, table), *points]
    reading = finish(Reading(kind, name[:200], read, tuple(fields), len(table.lines), (), (), (), {}, (), (), tuple(warnings)), engine, on)  # type: ignore[arg-type]
    if pictures:
        from landed.documents.show import page_pictures

        reading = replace(reading, images=page_pictures(data, pages, name))
    return reading


def finish(reading: Reading, engine: Engine, on: date | None) -> Reading:
    """The reading with checks, proposals, draft entry and batch made from its fields anew."""
    values = {f.id: f.value for f in reading.fields}
    verdict = check(values, reading.lines)
    entry, missing, notes = draft_entry(values, reading.lines, verdict.beside, engine, on, verdict.suspects)
    kept = tuple(w for w in reading.warnings if not w.startswith(("The freight of", "The insurance of")) and "fields are suspect" not in w)
    return replace(
        reading, checks=verdict.checks, proposals=verdict.proposals, suspects=verdict.suspects, entry=entry, missing=missing, classify=to_classify(values, reading.lines, on), warnings=(*kept, *notes)
    )


def corrected(fields: Mapping[str, Any], name: str, kind: str, engine: Engine, on: date | None) -> Reading:
    """A reading made of values by field id, as a person corrected them; raises LandedError INVALID_REQUEST."""
    found = []
    lines = 0
    for place, value in fields.items():
        text = str(value if value is not None else "").strip()[:LONGEST_TEXT]
        where = str(place)[:60]
        known = re.fullmatch(r"lines\.(\d{1,4})\.([a-z_]+)|[a-z_]+(?:\.(?:name|address|country))?", where)
        if not known or (known[2] or where) not in (LINE_FIELDS if known[1] else HEAD_FIELDS) or known[1] == "0":
            raise LandedError("INVALID_REQUEST", f"unknown field {where!r}", where=where, mend="Use the ids of the reading, such as invoice_number or lines.1.amount.")
        if known[1]:
            lines = max(lines, int(known[1]))
        if not text:
            continue
        found.append(Field(where, _normal(where, text, engine), text, 0, None, 1.0, "person"))
    if lines > 2_000:
        raise LandedError("INVALID_REQUEST", f"expected at most 2,000 lines, got {lines}", where="fields", mend="Split the document.")
    return finish(Reading("packing_list" if kind == "packing_list" else "invoice", name[:200], (), tuple(found), lines, (), (), (), {}, (), ()), engine, on)


def _normal(place: str, text: str, engine: Engine) -> str:
    """A value as a person writes it, in plain form; one that does not read raises LandedError."""
    part = place.rpartition(".")[2]
    if part in (*NUMBERS, "quantity", "total", "subtotal", "freight", "insurance", "packing", "discount", "tax", "other", "other_total") or part.startswith("total_"):
        value = parse_number(text, comma_decimal([text]))
        if value is None:
            raise LandedError("INVALID_VALUE", f"expected a number, got {text[:40]!r}", where=place, mend="Write it as 1234.50.")
        return plain(value)
    if part == "date":
        day = parse_day(text)
        if day is None:
            raise LandedError("INVALID_DATE", f"expected a day, got {text[:40]!r}", where=place, mend="Write year-month-day.")
        return day
    if part in ("origin", "country"):
        from landed.duty.request import read_country

        return country_in(text, _countries(engine)) or read_country(text, place, engine.law)
    if part == "currency":
        return currency_in(text) or text.upper()[:3]
    if part == "code":
        return "".join(c for c in text if c.isdigit())
    if part == "transport":
        return match("transport", text) or text
    return text


def _incoterms() -> tuple[str, ...]:
    from landed.entry.terms import valuation_rules

    return tuple(valuation_rules().terms)


def _countries(engine: Engine) -> tuple[tuple[str, str], ...]:
    return tuple(engine.law.countries.items())


def _nothing_found(pages: list[Page], header: Header, name: str) -> None:
    text = "".join(w.text for p in pages for w in p.words)
    letters = [c for c in text if c.isalpha()]
    strange = sum(not ("a" <= c.casefold() <= "z" or "\u00c0" <= c <= "\u024f") for c in letters)
    if letters and strange > 0.5 * len(letters) and header.labels < 2:
        raise LandedError("LANGUAGE_NOT_READ", f"{name} is mostly in a script whose labels are not known", where="content", mend="Ask the seller for an English invoice; customs may ask for one too (19 CFR 141.86).")
    raise LandedError("NO_GOODS_FOUND", f"no table of goods was found in {name}", where="content", mend="Send an invoice or a packing list with headings over its columns, such as description, quantity and amount.")


def _sure(words: list[Word]) -> float:
    return round(sum(w.confidence for w in words) / len(words), 3) if words else 0.0


def _fields(table: Table, header: Header, engine: Engine) -> list[Field]:
    known = _countries(engine)
    comma = comma_decimal(w.text for line in table.lines for name in ("price", "amount") for w in line.found.get(name, ())) or (
        not any("." in w.text for line in table.lines for name in ("price", "amount") for w in line.found.get(name, ())) and comma_decimal(w.text for t in table.totals for w in t.number)
    )
    found: list[Field] = []

    def add(place: str, value: str, words: list[Word], page: Page, text: str = "", sure: float = 1.0) -> None:
        if value and not any(f.id == place for f in found):
            confidence = round(min(sure, min((w.confidence for w in words), default=1.0)), 3)
            found.append(Field(place, value[:LONGEST_TEXT], (text or said(words))[:LONGEST_TEXT], page.number, page.box(words), confidence, page.source, words[0].cell))

    for name, each in header.fields.items():
        _header_field(name, each, known, add, comma)
    for name in PARTIES:
        block = header.parties.get(name)
        if block:
            add(f"{name}.name", block[0].text, block[0].words, block[0].page, sure=block[0].sure)
            if len(block) > 1:
                words = [w for part in block[1:] for w in part.words]
                add(f"{name}.address", ", ".join(part.text for part in block[1:]), words, block[1].page, sure=block[0].sure)
            for part in reversed(block):
                if code := country_in(part.text, known):
                    add(f"{name}.country", code, part.words, part.page, sure=0.9 * part.sure)
                    break
    _number_off(table)
    for n, line in enumerate(table.lines, 1):
        _line_fields(n, line, comma, known, add, table)
    for total in table.totals:
        value = parse_number(said(total.number), comma)
        if value is not None:
            add(total.kind, plain(abs(value) if total.kind == "discount" else value), total.number, total.page)
    if not any(f.id == "currency" for f in found):
        _currency(table, found, add)
    return found


def _number_off(table: Table) -> None:
    """Takes the numbers of lines off the descriptions where their column has no heading that was read."""
    first = [line.found.get("description") or [] for line in table.lines]
    if "line" in table.columns or len(first) < 2 or not all(len(words) > 1 and words[0].text.rstrip(".") == str(n) for n, words in enumerate(first, 1)):
        return
    for words in first:
        del words[0]


def _header_field(name: str, each: Found, known: tuple[tuple[str, str], ...], add: Any, comma: bool) -> None:
    text = each.text.strip(" :")
    if name == "date":
        # Who writes decimals after a comma writes the day first.
        add(name, parse_day(text, comma) or "", each.words, each.page, sure=0.7 if ambiguous_day(text) else each.sure)
    elif name == "incoterm":
        rule = re.search(rf"\b({'|'.join(_incoterms())})(?=\b|[A-Z][a-z])", text) or re.search(rf"\b({'|'.join(_incoterms())})\b", text.upper())
        if rule:
            add(name, rule[1], each.words, each.page, sure=each.sure)
            place = re.sub(r"(?i)\(?incoterms?.*$|\b20[12]0\b", "", text[rule.end() :]).strip(" ,:-()")
            if len(place) > 2:
                add("incoterm_place", place[:80], each.words, each.page, place, each.sure)
    elif name == "currency":
        add(name, currency_in(text) or "", each.words, each.page)
    elif name == "origin":
        add(name, country_in(text, known) or "", each.words, each.page)
    elif name == "transport":
        add(name, match("transport", text) or next((m for part in text.split() if (m := match("transport", part))), ""), each.words, each.page)
    else:
        add(name, text, each.words, each.page)


def _line_fields(n: int, line: Cells, comma: bool, known: tuple[tuple[str, str], ...], add: Any, table: Table) -> None:
    got = line.found
    place = f"lines.{n}"
    text = said(got.get("description", []))
    code = INLINE_CODE.search(text)
    if code:
        if "code" not in got:
            add(f"{place}.code", "".join(c for c in code[1] if c.isdigit()), _part(got["description"], code[1]), line.page, code[1])
        text = text.replace(code[0], " ")
    origin = INLINE_ORIGIN.search(text)
    if origin and (country := country_in(origin[1], known)):
        if "origin" not in got:
            add(f"{place}.origin", country, _part(got["description"], origin[1]), line.page, origin[1])
        text = text.replace(origin[0], " ")
    text = re.sub(r"\s+", " ", text).strip(" ,;|/-(")
    if text:
        add(f"{place}.description", text, got["description"], line.page, text)
    if words := got.get("reference"):
        add(f"{place}.reference", said(words), words, line.page)
    if words := got.get("code"):
        digits = "".join(c for c in said(words) if c.isdigit())
        if 4 <= len(digits) <= 14:
            add(f"{place}.code", digits[:10], words, line.page)
    if (words := got.get("origin")) and (country := country_in(said(words), known)):
        add(f"{place}.origin", country, words, line.page)
    unit = None
    if words := got.get("quantity"):
        numbers, unit = quantity_and_unit(words)
        value = parse_number(re.sub(r"[A-Za-z]+\.?$", "", said(numbers)).strip(), comma) if numbers else None
        if value is not None:
            add(f"{place}.quantity", plain(value), numbers, line.page, sure=_mended(numbers))
        if unit:
            add(f"{place}.unit", unit, words, line.page)
    if (words := got.get("unit")) and not unit:
        add(f"{place}.unit", unit_of(said(words)) or said(words).lower()[:12], words, line.page)
    for name in NUMBERS:
        words = got.get(name) or []
        numbers = [w for w in words if is_number(w.text)]
        if not numbers:
            continue
        value = parse_number(said(numbers), comma)
        if value is None and len(numbers) > 1:
            numbers = numbers[-1:]
            value = parse_number(numbers[0].text, comma)
        if value is not None:
            add(f"{place}.{name}", plain(value), numbers, line.page, sure=_mended(numbers))
        if name in ("amount", "price") and (currency := next((c for w in words if (c := currency_in(w.text))), None)):
            add(f"{place}.currency", currency, words, line.page)
    if (words := got.get("currency")) and (currency := currency_in(said(words))):
        add(f"{place}.currency", currency, words, line.page)


def _mended(words: list[Word]) -> float:
    """How sure a number is by its letters: lower where letters had to be read as digits."""
    return 0.6 if any(re.search(r"[OoIlSBZ|]", number_text(w.text)) or (any(c.isalpha() for c in w.text) and not re.fullmatch(r"[\d.,]+\s*[A-Za-z]+\.?|[A-Z$]*\s*[\d.,]+", w.text)) for w in words) else 1.0


def _part(words: list[Word], text: str) -> list[Word]:
    """The words that hold a part of their text."""
    parts = text.split()
    return [w for w in words if any(part in w.text for part in parts)] or words


def _currency(table: Table, found: list[Field], add: Any) -> None:
    """The currency named over the amounts, beside the total or in the lines; a bare $ is taken for US dollars, and less sure."""
    for name in ("amount", "price"):
        if (label := table.columns.get(name)) and (currency := currency_in(label)):
            line = table.lines[0]
            add("currency", currency, line.found.get(name) or next(iter(line.found.values())), line.page, label)
            return
    stated = [f.value for f in found if re.fullmatch(r"lines\.\d+\.currency", f.id)]
    if stated:
        first = next(f for f in found if f.id.endswith(".currency"))
        found.append(replace(first, id="currency"))
        return
    for total in table.totals:
        if total.kind in ("total", "subtotal") and (currency := currency_in(said([*total.label, *total.number]))):
            add("currency", currency, total.number, total.page, said([*total.label, *total.number]))
            return
    for line in table.lines:
        for name in ("amount", "price"):
            words = line.found.get(name) or []
            if any("$" in w.text for w in words):
                add("currency", "USD", words, line.page, "$", 0.6)
                return
    for total in table.totals:
        if total.kind in ("total", "subtotal") and "$" in said([*total.label, *total.number]):
            add("currency", "USD", total.number, total.page, "$", 0.6)
            return


def _warnings(pages: list[Page], fields: list[Field], table: Table) -> list[str]:
    said_: list[str] = []
    for page in pages:
        if page.source == "scan" and page.words and _sure(page.words) < UNSURE:
            said_.append(f"Page {page.number} was hard to read: look at every number.")
        if page.turned and min(page.turned, 360 - page.turned) > 45:
            said_.append(f"Page {page.number} was turned by {page.turned:.0f} degrees to stand upright.")
        if not page.words:
            said_.append(f"Page {page.number} holds no word.")
        if page.hidden:
            left, top, _, _ = page.box(page.hidden)
            count = f"{len(page.hidden):,} words" if len(page.hidden) > 1 else "a word"
            said_.append(f"HIDDEN_TEXT: page {page.number} holds {count} that nobody sees (white, faint, tiny, covered or off the page), from {left:.0%} of the way across and {top:.0%} of the way down; left out of every field.")
        if page.hidden_parts:
            said_.append(f"HIDDEN_TEXT: the workbook holds {page.hidden_parts}, which nobody sees; left out of every field.")
    currency = next((f for f in fields if f.id == "currency"), None)
    if currency and currency.text == "$":
        said_.append("A bare $ was taken for US dollars; other countries write it too.")
    day = next((f for f in fields if f.id == "date"), None)
    if day and ambiguous_day(day.text):
        said_.append(f"{day.text} was read as {day.value}: month and day could be meant the other way round.")
    return said_
