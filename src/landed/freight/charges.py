"""The one charge model: amount is unit price times quantity, who pays under the Incoterm, what the law of valuation does with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args

from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.freight.model import Basis, CargoItem, Charge, ChargeKind, Payer
from landed.freight.reference import decimal, figures

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Quantities:
    """What charges are counted in, for one shipment by one service."""

    containers: int
    teu: Decimal
    m3: Decimal
    gross_kg: Decimal
    chargeable_kg: Decimal
    weight_or_measure: Decimal
    value: Decimal | None
    days: Decimal = Decimal(0)

    def of(self, basis: Basis, freight: Decimal = ZERO) -> Decimal | None:
        """The quantity of a basis; None where it is not known (a part of a value that nobody stated)."""
        found: dict[str, Decimal | None] = {
            "PER_CONTAINER": Decimal(self.containers),
            "PER_TEU": self.teu,
            "PER_WM": self.weight_or_measure,
            "PER_CBM": self.m3,
            "PER_KG_CHARGEABLE": self.chargeable_kg,
            "PER_KG_GROSS": self.gross_kg,
            "PER_SHIPMENT": Decimal(1),
            "PER_BL": Decimal(1),
            "PER_ENTRY": Decimal(1),
            "PER_CONTAINER_DAY": self.days * self.containers,
            "PCT_OF_FREIGHT": freight,
            "PCT_OF_VALUE": self.value,
        }
        return found[basis]


def measure(items: Iterable[CargoItem], service: str, equipment: Mapping[str, int], teu: Decimal, value: Decimal | None) -> Quantities:
    """Counts a cargo for a service: cubic metres, kilograms, and what bulky goods are charged as."""
    rows = list(items)
    m3 = sum((i.volume_m3 * i.quantity for i in rows), Decimal(0))
    gross = sum((i.gross_kg * i.quantity for i in rows), Decimal(0))
    rule = figures("surcharges")["chargeable"]
    per_kg = rule.get(service, {}).get("cm3_per_kg")
    chargeable = max(gross, m3 * 1_000_000 / decimal(per_kg)) if per_kg else gross
    least = decimal(rule["lcl"]["least_wm"])
    return Quantities(
        containers=sum(equipment.values()),
        teu=teu,
        m3=_round(m3, "0.001"),
        gross_kg=_round(gross, "0.001"),
        chargeable_kg=_round(chargeable, "0.1"),
        weight_or_measure=_round(max(m3, gross / 1000, least), "0.001"),
        value=value,
    )


def charge(
    code: str,
    basis: Basis,
    unit_price: Decimal,
    quantity: Decimal,
    *,
    incoterm: str,
    kind: ChargeKind,
    source: str,
    as_of: str,
    plus_minus_pct: Decimal = Decimal(0),
    currency: str = "USD",
    name: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> Charge:
    """One line of a bill. Raises UNKNOWN_CHARGE for a code or basis that is not known, INVALID_VALUE for a negative number."""
    rules = figures("charges")["codes"]
    if code not in rules:
        raise LandedError("UNKNOWN_CHARGE", f"expected one of {', '.join(rules)}, got {code[:20]!r}", where="code", mend="Use the code that comes nearest.")
    if basis not in get_args(Basis):
        raise LandedError("UNKNOWN_CHARGE", f"expected one of {', '.join(get_args(Basis))}, got {str(basis)[:30]!r}", where="basis", mend="Use one of the twelve.")
    if unit_price < 0 or quantity < 0:
        raise LandedError("INVALID_VALUE", "a charge is not below zero", where=code, mend="Check the sign.")
    rule = rules[code]
    amount = _round(unit_price * quantity, "0.01")
    payer = payer_of(code, incoterm)
    spread = amount * plus_minus_pct / HUNDRED
    return Charge(
        code=code,
        name=name or str(rule["name"]),
        phase=rule["phase"],
        basis=basis,
        unit_price=unit_price,
        quantity=quantity,
        amount=amount,
        currency=currency,
        payment_term="PRE" if payer == "seller" else "COL",
        payer=payer,
        kind=kind,
        customs_treatment=rule["treatment"],
        source=source,
        as_of=as_of,
        low=_round(max(ZERO, amount - spread), "0.01"),
        high=_round(amount + spread, "0.01"),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def payer_of(code: str, incoterm: str) -> Payer:
    """Who pays a charge under an Incoterms 2020 rule; raises INVALID_INCOTERM."""
    terms = valuation_rules().terms
    if incoterm not in terms:
        raise LandedError("INVALID_INCOTERM", f"expected one of {', '.join(terms)}, got {incoterm[:20]!r}", where="incoterm", mend="Name the rule of Incoterms 2020.")
    rules = figures("charges")
    duty = rules["codes"][code]["paid_with"]
    if duty == "origin_handling":
        return "seller" if incoterm in rules["origin_handling"] else "buyer"
    term = terms[incoterm]
    return "seller" if duty in term.seller or duty in term.in_price else "buyer"


def totals(charges: Iterable[Charge], rates: Mapping[str, Decimal] | None = None) -> dict[str, Decimal]:
    """US dollars: amount, low, high, buyer_pays, seller_pays. Raises CURRENCY_RATE_REQUIRED for a currency without a rate."""
    found = dict.fromkeys(("amount", "low", "high", "buyer_pays", "seller_pays"), ZERO)
    for row in charges:
        rate = Decimal(1) if row.currency == "USD" else (rates or {}).get(row.currency)
        if rate is None:
            raise LandedError("CURRENCY_RATE_REQUIRED", f"{row.code} is in {row.currency} and no rate of exchange is given", where="exchange_rates", mend=f"Give US dollars for one {row.currency}.")
        amount = _round(row.amount * rate, "0.01")
        found["amount"] += amount
        found["low"] += _round(row.low * rate, "0.01")
        found["high"] += _round(row.high * rate, "0.01")
        found[f"{row.payer}_pays"] += amount
    return found


def to_dcsa(row: Charge) -> dict[str, Any]:
    """A charge in the words of a DCSA booking; the code leads the name. Numbers stay exact decimals."""
    return {
        "chargeName": f"{row.code}: {row.name}"[:50].strip(),
        "currencyAmount": row.amount,
        "currencyCode": row.currency,
        "paymentTermCode": row.payment_term,
        "calculationBasis": row.basis,
        "unitPrice": row.unit_price,
        "quantity": row.quantity,
    }


def from_dcsa(raw: Mapping[str, Any], *, incoterm: str, source: str, as_of: str) -> Charge:
    """A carrier's charge. What the carrier says stands: its amount, its payment term, its name where the code is not ours.

    Raises CHARGE_MISMATCH where the amount is not unit price times quantity, UNKNOWN_CHARGE for a code or basis that we do not know.
    """
    code, _, name = str(raw["chargeName"]).partition(": ")
    found = charge(
        code,
        str(raw["calculationBasis"]),  # type: ignore[arg-type]
        Decimal(str(raw["unitPrice"])),
        Decimal(str(raw["quantity"])),
        incoterm=incoterm,
        kind="QUOTED",
        source=source,
        as_of=as_of,
        currency=str(raw["currencyCode"]),
        name=name,
    )
    said = Decimal(str(raw["currencyAmount"]))
    if said != found.amount:
        raise LandedError("CHARGE_MISMATCH", f"{code}: {raw['unitPrice']} x {raw['quantity']} is {found.amount}, the carrier says {said}", where=code, mend="Ask the carrier which of the three is meant.")
    term = str(raw["paymentTermCode"])
    return replace(found, payment_term=term, payer="seller" if term == "PRE" else "buyer")  # type: ignore[arg-type]


def _round(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)
