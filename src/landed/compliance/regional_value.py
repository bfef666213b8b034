"""Regional value content of an article by its bill of materials, by both methods, and the change of classification of each foreign material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from landed.compliance.calendar_days import facts
from landed.duty.request import read_amount
from landed.errors import LandedError
from landed.schedule.codes import parse_code

HUNDRED, TENTH = Decimal(100), Decimal("0.01")
Verdict = Literal["meets", "fails", "not known"]


@dataclass(frozen=True, slots=True)
class Material:
    """One material: its value in US dollars for one unit of the article, whether it originates (None: nobody said), and whether its code makes the change."""

    description: str
    hts_code: str
    country: str
    value: Decimal
    originating: bool | None
    shifts: bool | None


@dataclass(frozen=True, slots=True)
class Method:
    """One method: (base - non-originating) / base in percent; `least` counts materials of unknown origin as foreign, `most` as originating."""

    name: str  # transaction_value, net_cost
    base: Decimal
    least_pct: Decimal
    most_pct: Decimal
    required_pct: Decimal | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RegionalValue:
    """The whole reckoning. `shift` says whether every foreign material makes the asked change, small ones set aside (`tolerated_pct` of the value)."""

    agreement: str
    materials: tuple[Material, ...]
    foreign: Decimal
    unknown: Decimal
    methods: tuple[Method, ...]
    shift_rule: str
    shift: Verdict
    tolerated_pct: Decimal
    qualifies: Verdict
    needs: tuple[str, ...]
    citation: tuple[str, ...]
    verified: bool


def regional_value(
    materials: Sequence[Mapping[str, Any]], *, transaction_value: Any = None, net_cost: Any = None, required_tv: Any = None, required_nc: Any = None, rule: str = "", code: str = ""
) -> RegionalValue:
    """The regional value content of one unit.

    `materials` are {description, hts_code, country, value, originating}; `transaction_value` the price less international shipping, `net_cost`
    the total cost less sales promotion, royalties, shipping and packing, both in US dollars a unit. The product's rule is yours to enter:
    `rule` CC, CTH or CTSH (or none) for the article's `code`, `required_tv` and `required_nc` in percent. Raises LandedError INVALID_MATERIAL,
    INVALID_REQUEST.
    """
    book = facts("origin")["regional_value"]
    digits = _digits(rule, book)
    article = parse_code(code) if code else ""
    if digits and not article:
        raise LandedError("INVALID_REQUEST", "a change of classification needs the code of the article", where="code", mend="Give code.")
    rows = tuple(_material(n, row, digits, article) for n, row in enumerate(materials, 1))
    if not rows:
        raise LandedError("INVALID_REQUEST", "expected at least one material", where="materials", mend="Give {description, country, value, originating} for each.")
    foreign = sum((m.value for m in rows if m.originating is False), Decimal(0))
    unknown = sum((m.value for m in rows if m.originating is None), Decimal(0))
    methods = tuple(
        _method(name, base, foreign, unknown, required)
        for name, base, required in (
            ("transaction_value", _dollars(transaction_value, "transaction_value"), _percent(required_tv, "required_tv")),
            ("net_cost", _dollars(net_cost, "net_cost"), _percent(required_nc, "required_nc")),
        )
        if base is not None
    )
    if not methods:
        raise LandedError("INVALID_REQUEST", "expected a transaction value or a net cost", where="transaction_value", mend="Give one or both, in US dollars a unit.")
    base = methods[0].base
    still = [m for m in rows if m.originating is not True and m.shifts is not True]
    tolerated = (sum((m.value for m in still), Decimal(0)) * HUNDRED / base).quantize(TENTH, ROUND_HALF_UP)
    shift = _shift(rows, digits, tolerated, Decimal(str(book["de_minimis_pct"])))
    asked = [m.verdict for m in methods if m.required_pct is not None]
    return RegionalValue(
        agreement=str(book["agreement"]), materials=rows, foreign=foreign, unknown=unknown, methods=methods, shift_rule=rule.upper(), shift=shift, tolerated_pct=tolerated,
        qualifies=_qualifies(asked, shift, bool(digits)), needs=_needs(rows, asked, digits), citation=(*book["cite"], str(book["de_minimis_cite"])), verified=bool(book["verified"]),
    )  # fmt: skip


def _digits(rule: str, book: Mapping[str, Any]) -> int:
    if not rule:
        return 0
    found = book["shifts"].get(rule.upper())
    if found is None:
        raise LandedError("INVALID_REQUEST", f"no change of classification is called {rule[:20]!r}", where="rule", mend=f"One of {', '.join(book['shifts'])}, or none.")
    return int(found)


def _material(number: int, row: Any, digits: int, article: str) -> Material:
    where = f"materials[{number}]"
    if not isinstance(row, Mapping):
        raise LandedError("INVALID_MATERIAL", "expected an object", where=where, mend="Give {description, hts_code, country, value, originating}.")
    value = _dollars(row.get("value"), f"{where}.value")
    if value is None:
        raise LandedError("INVALID_MATERIAL", "expected the value of the material, got none", where=f"{where}.value", mend="Give US dollars for one unit of the article.")
    said = str("" if row.get("originating") is None else row["originating"]).strip().lower()
    truth = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if said not in truth:
        raise LandedError("INVALID_MATERIAL", f"expected yes, no or nothing, got {said[:30]!r}", where=f"{where}.originating", mend="Say whether the material originates in the region.")
    code = parse_code(str(row["hts_code"])) if row.get("hts_code") else ""
    shifts = None if not digits or len(code) < digits else code[:digits] != article[:digits]
    return Material(str(row.get("description") or f"material {number}")[:200], code, str(row.get("country") or "")[:60], value, truth[said], shifts)


def _dollars(raw: Any, where: str) -> Decimal | None:
    if raw is None or raw == "":
        return None
    amount = read_amount(raw, where)
    if amount <= 0 and not where.startswith("materials"):
        raise LandedError("INVALID_REQUEST", f"expected more than zero, got {amount}", where=where, mend="Give US dollars a unit.")
    return amount


def _percent(raw: Any, where: str) -> Decimal | None:
    if raw is None or raw == "":
        return None
    found = read_amount(str(raw).rstrip("%"), where)
    if not 0 < found <= HUNDRED:
        raise LandedError("INVALID_REQUEST", f"expected a percent above 0 and up to 100, got {found}", where=where, mend="Take it from the product's rule in General Note 11.")
    return found


def _method(name: str, base: Decimal, foreign: Decimal, unknown: Decimal, required: Decimal | None) -> Method:
    def content(less: Decimal) -> Decimal:
        return ((base - less) * HUNDRED / base).quantize(TENTH, ROUND_HALF_UP)

    least, most = content(foreign + unknown), content(foreign)
    verdict: Verdict = "not known"
    if required is not None:  # on the exact share: a rounded one must not decide
        verdict = "meets" if (base - foreign - unknown) * HUNDRED >= required * base else "fails" if (base - foreign) * HUNDRED < required * base else "not known"
    return Method(name, base, least, most, required, verdict)


def _shift(rows: tuple[Material, ...], digits: int, tolerated: Decimal, limit: Decimal) -> Verdict:
    if not digits:
        return "not known"
    if tolerated <= limit:
        return "meets"
    sure = [m for m in rows if m.originating is False and m.shifts is False]
    base = sum((m.value for m in rows if m.originating is not True and m.shifts is not True), Decimal(0))
    certain = sum((m.value for m in sure), Decimal(0))
    return "fails" if base and certain * tolerated > limit * base else "not known"


def _qualifies(asked: list[Verdict], shift: Verdict, shifting: bool) -> Verdict:
    """One method that meets is enough; a change of classification is asked beside it where the rule has one."""
    parts: list[Verdict] = [shift] if shifting else []
    if asked:
        parts.append("meets" if "meets" in asked else "fails" if set(asked) == {"fails"} else "not known")
    if not parts:
        return "not known"
    return "fails" if "fails" in parts else "not known" if "not known" in parts else "meets"


def _needs(rows: tuple[Material, ...], asked: list[Verdict], digits: int) -> tuple[str, ...]:
    found = [f"whether {m.description} originates" for m in rows if m.originating is None]
    if digits:
        found += [f"the code of {m.description}" for m in rows if m.originating is not True and m.shifts is None]
    if not asked and not digits:
        found.append("the product's rule from General Note 11: a change of classification, a percent, or both")
    return tuple(found)
