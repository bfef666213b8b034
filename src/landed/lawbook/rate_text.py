"""Reads the text of a rate of duty, as the tariff and our law files print it, into an exact `Rate`.

The grammar is that of the tariff: ad valorem, specific and compound rates, rates on a part of the
article, sugar degrees, and limits. A text outside it is never guessed at: `parse_rate` answers
`kind="unpriced"` with one of `REASONS`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from landed.errors import LandedError
from landed.lawbook.rate import Degrees, Rate, Term

BLANK = "no rate is printed in this cell"
OTHER_ARTICLE = "the rate is that of another article"
NOTE = "the rate is set out in a note"
CONDITIONAL = "free on conditions that the rate text names"
OTHER_VALUE = "the duty is taken on a value that the rate text defines"
REDUCED = "the rate of another line, less an amount"
OTHER_LIMIT = "the duty is limited by the duty on another article"
UNREAD = "the text is outside the grammar"
REASONS = (BLANK, OTHER_ARTICLE, NOTE, CONDITIONAL, OTHER_VALUE, REDUCED, OTHER_LIMIT, UNREAD)

_LONGEST = 1000  # the longest printed rate text has about 400 characters

# Spellings of the unit of a specific rate -> (unit key, part key or None).
_UNITS: dict[str, tuple[str, str | None]] = {
    "kg": ("kg", None), "g": ("g", None), "t": ("t", None), "clean kg": ("kg", "clean_yield"),
    "liter": ("liter", None), "liters": ("liter", None), "l": ("liter", None),
    "pf.liter": ("pf_liter", None), "pf. liter": ("pf_liter", None), "pf.liters": ("pf_liter", None), "proof liter": ("pf_liter", None),
    "bbl": ("bbl", None), "m": ("m", None), "lin. m": ("m", None), "lin.m": ("m", None),
    "m2": ("m2", None), "cm2": ("cm2", None), "m3": ("m3", None), "m²": ("m2", None), "m³": ("m3", None), "cm²": ("cm2", None),
    "each": ("no", None), "no.": ("no", None), "no": ("no", None), "article": ("no", None), "head": ("no", None), "unit": ("no", None),
    "doz.": ("doz", None), "doz": ("doz", None), "dozen": ("doz", None),
    "pr.": ("prs", None), "pr": ("prs", None), "prs.": ("prs", None), "prs": ("prs", None), "pair": ("prs", None),
    "doz. prs.": ("doz_prs", None), "doz. pr.": ("doz_prs", None),
    "gross": ("gross", None), "line/gross": ("gross_line", None), "line/ gross": ("gross_line", None),
    "100": ("hundred", None), "hundred": ("hundred", None),
    "1000": ("thousand", None), "1,000": ("thousand", None), "thousand": ("thousand", None),
    "1,000 pins": ("thousand", None), "1000 pins": ("thousand", None),
    "jewel": ("jewel", None), "jewel over 7": ("jewel", "jewels_over_7"),
    "carat": ("carat", None), "pack": ("pack", None), "w": ("W", None), "mwh": ("MWh", None),
}  # fmt: skip

# What a term can be taken on, as printed -> part key. None is the whole article.
_PARTS: dict[str, str | None] = {
    "case": "case", "case and strap, band or bracelet": "case_and_strap", "strap, band or bracelet": "strap",
    "battery": "battery", "thebattery": "battery", "movement": "movement", "movement and case": "movement_and_case", "apparatus": "apparatus",
    "rifle": "rifle", "telescopic sight, if any": "telescopic_sight", "telescopic sight": "telescopic_sight",
    "lead content": "lead_content", "copper content": "copper_content", "zinc content": "zinc_content",
    "steel content": "steel_content", "aluminum content": "aluminum_content", "non-u.s. content": "non_us_content", "u.s. content": "us_content",
    "tungsten content": "tungsten_content", "molybdenum content": "molybdenum_content", "manganese content": "manganese_content",
    "magnesium content": "magnesium_content", "silicon content": "silicon_content",
    "anhydrous morphine content": "anhydrous_morphine_content", "total sugars": "total_sugars",
    "drained weight": "drained_weight", "drained weght": "drained_weight",
    "entire contents of container": "contents_of_container", "contents and container": "contents_and_container",
    "recording surface": None, "immediate containers": "immediate_containers",  # the line reports m2 of recording surface
    "ethyl alcohol content": None,  # proof liters measure the alcohol itself
    "entire set": None, "full value of the imported article": None, "full value": None, "article": None,
}  # fmt: skip

_NUM = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,12})?"
_UNIT = "|".join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))
_PART = "|".join(re.escape(p) for p in sorted(_PARTS, key=len, reverse=True))
_TERM = re.compile(
    rf"""(?: \$\s?(?P<dollars>{_NUM}) | (?P<cents>{_NUM})\s?¢ )
            (?: \s?/\s? | \s per \s | \s (?=each) ) (?P<unit>{_UNIT})
            (?: (?P<gross_weight>,\s including\ weight\ of\ container) | \s? (?:up)?(?:on|of) \s (?:the\ )?(?:value\ of\ (?:the\ )?)? (?P<unit_part>{_PART}) )?
        | (?:a\ duty\ of\ )? (?P<percent>{_NUM}) (?:\ (?P<over>[0-9]{{1,2}})/(?P<under>[0-9]{{1,2}}))? \s? (?:%|percent) (?:\ ad\ valorem)?
            (?: \s (?:up)?on \s (?:the\ )?(?:value\ of\ (?:the\ )?)? (?P<percent_part>{_PART}) )?""",
    re.IGNORECASE | re.VERBOSE,
)
_LIMIT = re.compile(
    r"(?:,? but)?,? (?P<least>not less(?: than)?|no less than)|(?:,? but)?,? (?:and |nor )?(?P<most>not more than|no more than|more than|not exceeding|not to exceed) ",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    rf"(?P<full>.+?) less (?P<less>{_NUM})\s?¢\s?/kg for each degree under (?P<base>[0-9]{{1,3}}) degrees"
    r" \(and fractions of a degree in proportion\)(?P<limit>.*)",
    re.IGNORECASE,
)
_WHICHEVER = re.compile(r"(?P<a>.+?),? or (?P<b>.+?),? whichever is (?:the )?(?P<pick>higher|greater|more|lower|less|lesser)", re.IGNORECASE)
_HIGHER_OF = re.compile(r"the (?P<pick>higher|greater|lower|lesser) of (?P<a>.+?) (?:or|and) (?P<b>.+)", re.IGNORECASE)
_APPLICABLE = re.compile(
    r"the duty provided (?:for )?in ?the applicable subheading(?:(?: ?\+ ?| plus )(?P<added>.+))?|the duty provided in subheadings? [0-9., or]+\+ (?P<named>.+)",
    re.IGNORECASE,
)
_SEE = re.compile(r"see (?P<see>[0-9][0-9.]{3,12}(?:(?:, ?| ?- ?)[0-9][0-9.]{3,12})*)", re.IGNORECASE)
_NO_CHANGE = re.compile(r"no change|the rate applicable in the absence of this (?:sub)?heading", re.IGNORECASE)
_OTHER_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(p, re.IGNORECASE), why)
    for p, why in (
        (r"see .*\bnotes?\b.*", NOTE),
        (r"free,? under .*|free, for such .*|free \(see .*", CONDITIONAL),
        (r".*the total duty shall not exceed the duty for .*", OTHER_LIMIT),
        (rf"{_NUM} percent of the (?:cost|fair retail value|value).*|a duty upon .*|a duty \(in lieu .*|a duty equal .*", OTHER_VALUE),
        (r"the rate applicable in the absence of this .* on the cost .*", OTHER_VALUE),
        (rf"the duty rate provided in such subheading minus {_NUM}%", REDUCED),
        (r"the (?:rate|duty rate|rate of duty|duty)\b.*", OTHER_ARTICLE),
    )
)
_TAG = re.compile(r"<[^<>]{0,60}>")
_BROKEN_WORD = re.compile(r"(?<=[a-z])- (?=[a-z])")
_SPACE = re.compile(r"\s+")
_PLUS = re.compile(r" ?\+ ?| plus ", re.IGNORECASE)
_SYMBOL = r"[A-Z]{1,2}[+*]?"
_SYMBOLS = re.compile(rf"\(\s?({_SYMBOL}(?:[\s,.]+{_SYMBOL})*)(?:[\s,.]*\)|\s(?=\())")


def tidy(text: str) -> str:
    """A printed cell without markup, broken words and doubled spaces ("14.5¢/m<sup>2 </sup>+ 0.4%" -> "14.5¢/m2 + 0.4%")."""
    text = _TAG.sub("", text) if "<" in text else text
    text = text.replace("<", "").replace(">", "") if "<" in text or ">" in text else text
    return _BROKEN_WORD.sub("", _SPACE.sub(" ", text)).strip()


@lru_cache(maxsize=16384)
def parse_rate(text: str) -> Rate:
    """The rate that a cell of the tariff prints; never raises for text (see `REASONS` for what is not priced)."""
    printed = tidy(text[: _LONGEST + 1])
    if len(text) > _LONGEST:
        return Rate("unpriced", printed[:80], reason=UNREAD)
    bare = printed.strip("[] ").rstrip(".:;/ ")
    if not bare:
        return Rate("unpriced", printed, reason=BLANK)
    return _parse(bare, printed) or Rate("unpriced", printed, reason=UNREAD)


def parse_law_rate(text: str) -> Rate:
    """The rate that one of our law files states: a duty, a duty added to the applicable one, or "total 15%".

    Raises LandedError BAD_RATE_TEXT for anything that cannot be priced.
    """
    rate = parse_rate(text) if isinstance(text, str) else None
    if rate is None or rate.kind not in ("duty", "total", "applicable_plus"):
        why = "" if rate is None else f" ({rate.reason or rate.kind})"
        raise LandedError(
            "BAD_RATE_TEXT",
            f'expected a rate such as "25%", "6.8¢/kg + 5%", "Free" or "total 15%", got {str(text)[:80]!r}{why}',
            where="rate",
            mend="Write the rate as the tariff prints it, or leave the measure out until its text can be priced.",
        )
    return rate


@lru_cache(maxsize=4096)
def parse_special(text: str) -> tuple[tuple[tuple[str, ...], Rate], ...]:
    """The groups of a special column: ((symbols, rate), ...) in printed order; () for a blank cell.

    A text after the last bracket, or without one, forms a group with no symbols (it grants nobody
    anything; chapters 98 and 99 print such texts). Never raises for text.
    """
    printed = tidy(text[: 8 * _LONGEST])
    groups: list[tuple[tuple[str, ...], Rate]] = []
    start = 0
    for found in _SYMBOLS.finditer(printed):
        if not printed[start : found.start()].strip(" ,.;()"):
            if groups:  # "(PA (PA)": the bracket is printed twice
                symbols = tuple(dict.fromkeys((*groups[-1][0], *re.findall(_SYMBOL, found[1]))))
                groups[-1] = (symbols, groups[-1][1])
            start = found.end()
            continue
        symbols = tuple(dict.fromkeys(re.findall(_SYMBOL, found[1])))
        groups.append((symbols, parse_rate(printed[start : found.start()])))
        start = found.end()
    rest = printed[start:].strip(" ,.;")
    if rest:
        groups.append(((), parse_rate(rest)))
    return tuple(groups)


def _parse(bare: str, printed: str) -> Rate | None:
    low = bare.lower()
    if low == "free":
        return Rate("duty", printed)
    if _NO_CHANGE.fullmatch(bare):
        return Rate("no_change", printed)
    if low.startswith("total "):
        total = _terms(bare[6:])
        return Rate("total", printed, terms=total) if total and len(total) == 1 and total[0].unit is None and total[0].on is None else None
    if found := _APPLICABLE.fullmatch(bare):
        text = found["added"] or found["named"]
        added = _terms(text) if text else ()
        return None if added is None else Rate("applicable_plus", printed, terms=added)
    if found := _SEE.fullmatch(bare):
        return Rate("see", printed, see=found["see"])
    if rate := _duty(bare, printed):
        return rate
    for pattern, why in _OTHER_TEXTS:
        if pattern.fullmatch(bare):
            return Rate("unpriced", printed, reason=why)
    return None


def _duty(bare: str, printed: str) -> Rate | None:
    """A sum of terms with the limits and degrees that the text puts on it, or None."""
    if found := _DEGREES.fullmatch(bare):
        full, limits = _terms(found["full"]), _limits(found["limit"])
        if full is None or limits is None:
            return None
        degrees = Degrees(less=Decimal(found["less"]) / 100, base=Decimal(found["base"]), unit="kg")
        return Rate("duty", printed, terms=full, minimum=limits[0], maximum=limits[1], degrees=degrees)
    if found := _WHICHEVER.fullmatch(bare) or _HIGHER_OF.fullmatch(bare):
        first, second = _terms(found["a"]), _terms(found["b"])
        if first is None or second is None:
            return None
        if found["pick"].lower() in ("higher", "greater", "more"):
            return Rate("duty", printed, terms=first, minimum=second)
        return Rate("duty", printed, terms=first, maximum=second)
    limit = _LIMIT.search(bare)
    terms = _terms(bare[: limit.start()] if limit else bare)
    limits = _limits(bare[limit.start() :]) if limit else ((), ())
    if terms is None or limits is None:
        return None
    return Rate("duty", printed, terms=terms, minimum=limits[0], maximum=limits[1])


def _limits(text: str) -> tuple[tuple[Term, ...], tuple[Term, ...]] | None:
    """The (minimum, maximum) of ", but not less than X nor more than Y"; None when a part is unread."""
    minimum: tuple[Term, ...] = ()
    maximum: tuple[Term, ...] = ()
    marks = list(_LIMIT.finditer(text))
    if text.strip() and (not marks or text[: marks[0].start()].strip()):
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        terms = _terms(text[mark.end() : end])
        if not terms or (minimum if mark["least"] else maximum):
            return None
        if mark["least"]:
            minimum = terms
        else:
            maximum = terms
    return minimum, maximum


def _terms(text: str) -> tuple[Term, ...] | None:
    """The terms of a sum; zero terms are dropped ("0%" is Free), None when any term is unread."""
    terms: list[Term] = []
    for piece in _PLUS.split(text.strip(" ,")):
        term = _term(piece.strip())
        if term is None:
            return None
        if term.amount:
            terms.append(term)
    return tuple(terms)


def _term(text: str) -> Term | None:
    found = _TERM.fullmatch(text)
    if not found:
        return None
    if found["percent"]:
        amount = Decimal(found["percent"].replace(",", ""))
        if found["over"]:
            if not int(found["under"]):
                return None
            amount += Decimal(found["over"]) / Decimal(found["under"])
        return Term(amount, on=_PARTS[found["percent_part"].lower()] if found["percent_part"] else None)
    unit, on = _UNITS[found["unit"].lower()]
    if found["gross_weight"]:
        on = "contents_and_container"
    elif found["unit_part"]:
        on = _PARTS[found["unit_part"].lower()]
    amount = Decimal((found["dollars"] or found["cents"]).replace(",", ""))
    return Term(amount if found["dollars"] else amount / 100, unit, on)
