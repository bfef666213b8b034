"""Units of quantity: canonical keys, the tariff's spellings of them, and exact conversion.

A key such as "kg" or "doz" names a unit; "kg:lead_content" is that unit taken on a part of the
article (the part keys are those of rate terms). The factors are definitions, not measurements:
the international yard and pound agreement of 1959 (1 lb = 0.45359237 kg, 1 yd = 0.9144 m), the
US gallon of 231 cubic inches, the troy ounce of 480 grains, the metric carat of 0.2 g, the oil
barrel of 42 US gallons, and the SI.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from functools import lru_cache

from landed.errors import LandedError

# Unit key -> (dimension, how many base units of that dimension one unit is). Pairs, packs and
# jewels are no pieces: a dozen pairs is never silently twelve or twenty-four articles.
_FACTORS: dict[str, tuple[str, Decimal]] = {
    key: (dimension, Decimal(factor))
    for dimension, rows in {
        "mass": "kg 1, g 0.001, mg 0.000001, t 1000, lb 0.45359237, oz 0.028349523125, troy_oz 0.0311034768, carat 0.0002, "
        "short_ton 907.18474, long_ton 1016.0469088",
        "volume": "liter 1, ml 0.001, cl 0.01, dl 0.1, hl 100, m3 1000, thousand_m3 1000000, cm3 0.001, gal 3.785411784, qt 0.946352946, "
        "pt 0.473176473, fl_oz 0.0295735295625, ft3 28.316846592, in3 0.016387064, yd3 764.554857984, bbl 158.987294928",
        "proof volume": "pf_liter 1, pf_gal 3.785411784",
        "length": "m 1, cm 0.01, mm 0.001, km 1000, thousand_m 1000, in 0.0254, ft 0.3048, yd 0.9144, mi 1609.344",
        "area": "m2 1, cm2 0.0001, mm2 0.000001, km2 1000000, in2 0.00064516, ft2 0.09290304, yd2 0.83612736",
        "pieces": "no 1, doz 12, gross 144, hundred 100, thousand 1000, million 1000000",
        "pairs": "prs 1, doz_prs 12",
        "jewels": "jewel 1",
        "line-gross": "gross_line 1",
        "packs": "pack 1",
        "doses": "dose 1",
        "roofing squares": "square 1",
        "energy": "MWh 1, kWh 0.001",
        "power": "W 1, kW 1000, MW 1000000",
        "activity": "GBq 1, MBq 0.001",
        "fiber length": "fiber_m 1",
    }.items()
    for key, factor in (row.split() for row in rows.split(", "))
}  # fmt: skip

# Spellings (lower case, spaces folded, no dots at the end) -> unit key, with a part where the spelling names one.
_SPELLINGS: dict[str, str] = {
    **{key.lower(): key for key in _FACTORS},
    "kilogram": "kg", "kilograms": "kg", "kgs": "kg", "kilo": "kg", "kilos": "kg", "gram": "g", "grams": "g", "tonne": "t", "tonnes": "t",
    "metric ton": "t", "metric tons": "t", "pound": "lb", "pounds": "lb", "lbs": "lb", "ounce": "oz", "ounces": "oz", "troy ounce": "troy_oz",
    "carats": "carat", "ct": "carat", "l": "liter", "liters": "liter", "litre": "liter", "litres": "liter", "milliliter": "ml", "gallon": "gal",
    "gallons": "gal", "barrel": "bbl", "barrels": "bbl", "pf.liter": "pf_liter", "pf.liters": "pf_liter", "pf. liter": "pf_liter",
    "pf. liters": "pf_liter", "pf liter": "pf_liter", "pf liters": "pf_liter", "proof liter": "pf_liter", "proof liters": "pf_liter",
    "proof gallon": "pf_gal", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "lin. m": "m", "lin.m": "m", "foot": "ft", "feet": "ft",
    "inch": "in", "inches": "in", "yard": "yd", "yards": "yd", "sq m": "m2", "sqm": "m2", "m²": "m2", "cm²": "cm2", "ft²": "ft2", "sq ft": "ft2",
    "sqft": "ft2", "m³": "m3", "cbm": "m3", "thousand m": "thousand_m", "thousand m3": "thousand_m3", "number": "no", "each": "no", "ea": "no",
    "piece": "no", "pieces": "no", "pcs": "no", "pc": "no", "unit": "no", "units": "no", "item": "no", "items": "no", "article": "no",
    "head": "no", "dozen": "doz", "dozens": "doz", "dz": "doz", "dz pcs": "doz", "doz pcs": "doz", "pair": "prs", "pairs": "prs", "pr": "prs",
    "doz. prs": "doz_prs", "doz prs": "doz_prs", "doz. pr": "doz_prs", "dozen pairs": "doz_prs", "dpr": "doz_prs", "hundreds": "hundred",
    "thousands": "thousand", "1000": "thousand", "1,000": "thousand", "jewels": "jewel", "jwls": "jewel", "gr.lines": "gross_line",
    "gr. lines": "gross_line", "line/gross": "gross_line", "packs": "pack", "doses": "dose", "squares": "square", "fiber m": "fiber_m",
    "kg amc": "kg:anhydrous_morphine_content", "kg ttl sug": "kg:total_sugars", "kg cmsc": "kg:cows_milk_solids_content",
    "kg msc": "kg:milk_solids_content", "cy kg": "kg:clean_yield", "clean kg": "kg:clean_yield", "cykg": "kg:clean_yield",
    "t adw": "t:air_dry_weight", "t dwb": "t:dry_weight",
}  # fmt: skip

# Chemical symbols in reporting units ("Pb kg") -> the part key of a rate term.
_CONTENTS = {
    "ag": "silver", "au": "gold", "co": "cobalt", "cr": "chromium", "cr2o3": "chromium_oxide", "cu": "copper", "ir": "iridium", "mg": "magnesium",
    "mn": "manganese", "mo": "molybdenum", "naoh": "sodium_hydroxide", "nh3": "ammonia", "ni": "nickel", "os": "osmium", "pb": "lead",
    "pd": "palladium", "pt": "platinum", "rh": "rhodium", "ru": "ruthenium", "sb": "antimony", "si": "silicon", "sn": "tin", "v": "vanadium",
    "v2o5": "vanadium_oxide", "w": "tungsten", "zn": "zinc",
}  # fmt: skip
_CONTENT = re.compile(r"([a-z0-9]{1,5}) (kg|g|t)")


@lru_cache(maxsize=2048)
def unit_key(text: str) -> str:
    """The canonical key of a unit as people and the tariff write it ("doz." -> "doz", "Pb kg" -> "kg:lead_content").

    Raises LandedError UNKNOWN_UNIT.
    """
    name, _, part = " ".join(text.split()).partition(":")
    folded = name.lower().rstrip(". ") or name
    key = _SPELLINGS.get(folded) or _SPELLINGS.get(folded.replace("<sup>", "").replace("</sup>", ""))
    if key is None and (found := _CONTENT.fullmatch(folded)) and found[1] in _CONTENTS:
        key = f"{found[2]}:{_CONTENTS[found[1]]}_content"
    if key is None or (part and ":" in key) or (part and not re.fullmatch(r"[a-z][a-z0-9_]*", part)):
        raise LandedError(
            "UNKNOWN_UNIT",
            f"expected a unit of quantity such as kg, liters, m2, No., doz. or prs., got {text[:40]!r}",
            where="quantities.unit",
            mend="Use one of the units that the tariff line reports, or a metric or customary unit of the same kind.",
            known=sorted(_FACTORS),
        )
    return f"{key}:{part}" if part else key


def dimension(unit: str) -> str:
    """What kind of quantity a unit measures ("mass", "pieces", ...); raises UNKNOWN_UNIT."""
    return _FACTORS[unit_key(unit).partition(":")[0]][0]


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal:
    """`value` of one unit as another of the same kind and on the same part.

    Exact where the factors divide evenly, else correct to 50 digits. Raises LandedError UNKNOWN_UNIT,
    or UNIT_MISMATCH when the units measure different things (kilograms and pieces, pieces and pairs,
    a whole article and its lead content).
    """
    source, target = unit_key(from_unit), unit_key(to_unit)
    if source == target:
        return value
    from_name, _, from_part = source.partition(":")
    to_name, _, to_part = target.partition(":")
    from_dimension, from_factor = _FACTORS[from_name]
    to_dimension, to_factor = _FACTORS[to_name]
    if from_dimension != to_dimension or from_part != to_part:
        raise LandedError(
            "UNIT_MISMATCH",
            f"expected a quantity in {to_unit} ({to_dimension}{' of ' + to_part if to_part else ''}),"
            f" got {from_unit} ({from_dimension}{' of ' + from_part if from_part else ''})",
            where="quantities.unit",
            mend=f"State the quantity in {to_unit} or another unit of {to_dimension}.",
        )
    with localcontext() as context:
        context.prec = 50
        result = value * from_factor / to_factor
    return result.normalize() if result == result.to_integral_value() and result.as_tuple().exponent > 0 else result  # type: ignore[operator]
