"""Column names as people write them, read as the fields of a request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from landed.duty.batch_request import OPTIONAL, REQUIRED
from landed.errors import LandedError
from landed.lawbook.model import LawBook

# Words of the trade for each field, folded: lower case, letters and digits only.
SYNONYMS: dict[str, str] = {
    word: field
    for field, words in {
        "hts_code": "hts htscode htsus htsuscode htsusno htsusnumber htsuscodes htsno htsnumber hscode hs hts10 htsus10 tariffcode tariffnumber tariff tariffno commoditycode classification harmonizedcode",
        "country_of_origin": "origin countryoforigin origincountry coo madein countryofmanufacture origincode coocode mfgcountry",
        "customs_value": "customsvalue enteredvalue value declaredvalue dutiablevalue valueusd customsvalueusd totalvalue enteredvalueusd linevalue amount",
        "entry_date": "entrydate dateofentry entrydt importdate dateofimport dateofimportation arrivaldate entrysummarydate",
        "country_of_export": "exportcountry countryofexport exportingcountry",
        "loading_date": "loadingdate dateofloading onboarddate shippedonboard ladingdate bldate sailingdate",
        "export_date": "exportdate dateofexport dateofexportation",
        "transport_mode": "mode transportmode modeoftransport shipmode",
        "entry_type": "entrytype entrykind",
        "currency": "currency currencycode invoicecurrency ccy",
        "exchange_rate": "exchangerate fxrate rateofexchange",
        "quantity": "qty quantity units1 quantity1 qty1",
        "unit": "unit uom unitofmeasure unit1 quantityunit qtyunit uom1",
        "quantity_2": "qty2 quantity2",
        "unit_2": "unit2 uom2",
        "quantity_kg": "netweightkg weightkg netkg netweightkgs kg kgs",
        "spi": "spi specialprogramindicator preference fta ftacode preferencecode",
        "chapter_98": "chapter98 ch98 heading98",
        "exclusion": "exclusion exclusionheading exclusionnumber",
        "us_content_value": "uscontentvalue uscontentusd usvalue",
        "repair_value": "repairvalue repaircost",
        "reference": "reference ref sku lineid partnumber partno item itemid lineref productcode",
        "known_on": "knownon asknownon",
        "incoterm": "incoterm incoterms termsofsale",
    }.items()
    for word in words.split()
}


def named(columns: Sequence[str], law: LawBook, mapping: dict[str, str] | None = None) -> dict[str, str]:
    """{column of the input: field of a request} for the columns whose name must change.

    `mapping` is {field: column} and decides alone for the fields it names. Raises LandedError BAD_MAPPING.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for field, column in (mapping or {}).items():
        if not is_field(field, law):
            raise LandedError("BAD_MAPPING", f"no field of a request is named {field!r}", where=f"mapping.{field}", mend=f"Fields: {', '.join((*REQUIRED, *OPTIONAL))}, quantity_UNIT, fact.NAME, part.NAME.")
        if column not in columns:
            raise LandedError("BAD_MAPPING", f"expected a column {column!r}, got {', '.join(map(repr, list(columns)[:20]))}", where=f"mapping.{field}", mend="Name a column of the input.")
        found[column] = field
        taken.add(field)
    for column in columns:
        if column in found:
            continue
        if is_field(column, law) and column not in taken:
            taken.add(column)
        elif column in taken:
            found[column] = f"input.{column}"
    for column in columns:
        if column in found or is_field(column, law):
            continue
        folded = re.sub(r"[^a-z0-9]", "", column.lower())
        exact = next((name for name in (*REQUIRED, *OPTIONAL) if name.replace("_", "") == folded), None)
        field_name = exact or SYNONYMS.get(folded)
        if field_name is not None and field_name not in taken:
            taken.add(field_name)
            found[column] = field_name
    return found


def is_field(name: str, law: LawBook) -> bool:
    """Whether a name means something in a row of a batch."""
    return (
        name in REQUIRED
        or name in OPTIONAL
        or name in ("unit", "quantity")
        or name.startswith(("quantity_", "unit_", "fact.", "facts.", "part."))
        or name in law.facts
    )
