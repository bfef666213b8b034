"""The rules of valuation as data: Incoterms 2020, charges, additions, first sale and chapter 98 bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from landed.errors import LandedError
from landed.lawbook.load import LAW_ROOT, read_yaml
from landed.lawbook.programme import strings


@dataclass(frozen=True, slots=True)
class Term:
    """One Incoterms 2020 rule: what its price ordinarily holds, what the seller sees to, where risk passes."""

    code: str
    mode: str  # any, sea
    in_price: tuple[str, ...]
    seller: tuple[str, ...]
    risk: str


@dataclass(frozen=True, slots=True)
class ChargeRule:
    """What a charge inside the price does to the value."""

    title: str
    deductible: bool
    needs: str
    note: str
    cite: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ValuationRules:
    """All of `incoterms.yaml`."""

    terms: Mapping[str, Term]
    charges: Mapping[str, ChargeRule]
    additions: Mapping[str, tuple[str, tuple[str, ...]]]  # kind -> (title, cite)
    price_cite: tuple[str, ...]
    related_cite: tuple[str, ...]
    currency_cite: tuple[str, ...]
    first_sale: Mapping[str, str]
    first_sale_cite: tuple[str, ...]
    chapter_98: Mapping[str, tuple[str, tuple[str, ...]]]  # provision -> (basis, claims it needs)


@lru_cache(maxsize=4)
def valuation_rules(jurisdiction: str = "us") -> ValuationRules:
    """The packaged rules of valuation. Raises BAD_LAW_FILE when the file lacks a table."""
    raw: dict[str, Any] = read_yaml(LAW_ROOT / jurisdiction / "incoterms.yaml")
    try:
        return ValuationRules(
            terms={
                str(code): Term(str(code), str(row["mode"]), strings(row["in_price"]), strings(row["seller"]), str(row["risk"]))
                for code, row in raw["terms"].items()
            },
            charges={
                str(kind): ChargeRule(str(row["title"]), bool(row["deductible"]), str(row.get("needs", "")), str(row.get("note", "")), strings(row["cite"]))
                for kind, row in raw["charges"].items()
            },
            additions={str(kind): (str(row["title"]), strings(row["cite"])) for kind, row in raw["additions"].items()},
            price_cite=strings(raw["price"]["cite"]),
            related_cite=strings(raw["related"]["cite"]),
            currency_cite=strings(raw["currency"]["cite"]),
            first_sale={str(k): str(v) for k, v in raw["first_sale"]["conditions"].items()},
            first_sale_cite=strings(raw["first_sale"]["cite"]),
            chapter_98={str(k): (str(v["base"]), strings(v["needs"])) for k, v in raw["chapter_98"].items()},
        )
    except KeyError as absent:
        raise LandedError("BAD_LAW_FILE", f"incoterms.yaml lacks {absent}", where="incoterms.yaml") from None
