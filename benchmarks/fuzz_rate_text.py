"""Feeds random and mutated texts to the rate grammar, and mutated files to the export reader, and counts.

Any exception but a LandedError of the stated codes is a failure, as is a slow answer. What the grammar
does accept is checked too: amounts are finite and never negative, and every accepted text reads again to
the same rate after it was tidied. Usage: `python benchmarks/fuzz_rate_text.py [INPUTS] [SEED]`.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import time
from collections import Counter
from decimal import Decimal

from landed.errors import LandedError
from landed.lawbook.rate import Rate
from landed.lawbook.rate_text import REASONS, parse_law_rate, parse_rate, parse_special, tidy
from landed.schedule.codes import parse_code
from landed.schedule.lookup import Schedule
from landed.schedule.pricing import Missing, parts_needed, price, quantity_key, quantity_needed
from landed.schedule.read import rated_lines, read_export_bytes

SLOW = 0.25  # seconds for one text of up to a few hundred characters
PIECES = (
    "Free", "free", "5%", "6.8%", "33 1/3%", "¢/kg", "2.8¢/kg", "$1.035/kg", "62¢/pr.", "/doz.", " each", " on the case", " on lead content",
    " + ", "+", " but not less than ", " nor more than ", " less ", " for each degree under 100 degrees", " (and fractions of a degree in proportion)",
    "whichever is higher", " or ", "The duty provided in the applicable subheading", "No change", "See 9903.88.15", "total ", "(A,AU,BH)", "(", ")",
    "A+", "<sup>", "</sup>", "m2", "m²", "1,000", "%", "¢", "$", ".", ",", "-", " ", "\t", "\n", "0", "9" * 13, "1/0", "thou- sand", "\u00a0", "\x00",
    "\u0661", "𝟙", "é", "¢¢", "/ /", "degrees", "percent", "the ", "The rate applicable to ", "upon the value of ", "\ud800",
)  # fmt: skip
HEADER = (
    "HTS Number,Indent,Description,Unit of Quantity,General Rate of Duty,Special Rate of Duty,Column 2 Rate of Duty,Quota Quantity,"
    "Additional Duties\n"
)


def mutated(text: str, rng: random.Random) -> str:
    """A text with one to four edits: cut, doubled, swapped, replaced or with a piece put in."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randint(0, len(text))
        end = min(len(text), place + rng.randint(1, 8))
        kind = rng.randint(0, 4)
        if kind == 0:
            text = text[:place] + text[end:]
        elif kind == 1:
            text = text[:place] + rng.choice(PIECES) + text[place:]
        elif kind == 2:
            text = text[:end] + text[place:]
        elif kind == 3:
            text = text[:place] + chr(rng.choice((rng.randint(32, 126), rng.randint(0, 0x2FFF)))) + text[place + 1 :]
        else:
            text = text[end:] + text[:place]
    return text


def made(rng: random.Random) -> str:
    """A text put together from pieces, or of random characters."""
    if rng.random() < 0.7:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 9)))
    return "".join(chr(rng.randint(1, 0x10FFF)) for _ in range(rng.randint(0, 40)))


def joined(rng: random.Random, corpus: list[str]) -> str:
    """Printed rates joined into sums and limits that mostly hold together."""
    text = " + ".join(rng.choice(corpus) for _ in range(rng.randint(1, 3)))
    for words in (" but not less than ", " nor more than "):
        if rng.random() < 0.3:
            text += words + rng.choice(corpus)
    return text


def check_rate(text: str, rate: Rate) -> None:
    """Raise AssertionError where a rate does not hold together."""
    assert (rate.kind == "unpriced") == (rate.reason is not None), text
    assert rate.reason is None or rate.reason in REASONS, text
    for term in (*rate.terms, *rate.minimum, *rate.maximum):
        assert term.amount.is_finite() and term.amount > 0, text
    if rate.kind == "duty":
        again = parse_rate(rate.text)
        assert (again.terms, again.minimum, again.maximum, again.degrees) == (rate.terms, rate.minimum, rate.maximum, rate.degrees), text
        assert tidy(rate.text) == rate.text, text
        with contextlib.suppress(Missing):
            price(rate, Decimal(100))
        quantities = {quantity_key(unit, on): Decimal(2) for unit, on in quantity_needed(rate)}
        amount = price(rate, Decimal(100), quantities, {part: Decimal(10) for part in parts_needed(rate)}, Decimal(99))
        assert amount is not None and amount.is_finite(), text


def fuzz_texts(count: int, rng: random.Random, corpus: list[str], found: Counter[str]) -> None:
    """`count` texts through the grammar of rates, special cells and law rates."""
    for number in range(count):
        kind = rng.random()
        text = mutated(rng.choice(corpus), rng) if kind < 0.6 else joined(rng, corpus) if kind < 0.8 else made(rng)
        start = time.perf_counter()
        rate = parse_rate.__wrapped__(text)
        groups = parse_special.__wrapped__(text)
        spent = time.perf_counter() - start
        assert spent < SLOW, (spent, text)
        check_rate(text, rate)
        for _, part in groups:
            check_rate(text, part)
        found[rate.kind] += 1
        if number % 16 == 0:
            try:
                parse_law_rate(text)
            except LandedError as error:
                assert error.code == "BAD_RATE_TEXT", text
            try:
                parse_code(text)
            except LandedError as error:
                assert error.code == "INVALID_CODE", text


def fuzz_files(count: int, rng: random.Random, rows: list[tuple[str, ...]], found: Counter[str]) -> None:
    """`count` small mutated exports (CSV and JSON, cut and garbled) through the reader and the hierarchy."""
    for _ in range(count):
        chosen = [list(rng.choice(rows)) for _ in range(rng.randint(1, 6))]
        if rng.random() < 0.5:
            quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in (*row, "", "")) + "\n" for row in chosen)
            text = HEADER + quoted
        else:
            keys = ("htsno", "indent", "description", "units", "general", "special", "other")
            text = json.dumps([dict(zip(keys, row, strict=True)) for row in chosen])
        data = (mutated(text, rng) if rng.random() < 0.85 else text).encode("utf-8", "surrogatepass")
        if rng.random() < 0.25:
            data = bytearray(data)
            for _ in range(rng.randint(1, 5)):
                if data:
                    data[rng.randrange(len(data))] = rng.randrange(256)
            data = bytes(data[: rng.randint(0, len(data))])
        start = time.perf_counter()
        try:
            export = read_export_bytes(data)
            list(rated_lines(export.rows))
            found["export read"] += 1
        except LandedError as error:
            assert error.code == "BAD_EXPORT" and error.extra["reason"], data
            found[f"export refused: {error.extra['reason']}"] += 1
        assert time.perf_counter() - start < SLOW, data


def main() -> None:
    """Run the given number of inputs (default 1,000,000 texts and a tenth as many files) and print the counts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng = random.Random(seed)
    schedule = Schedule.load()
    corpus = [t for name in ("general", "column_2") for t in schedule.texts(name)[1] if t]
    corpus += rng.sample([t for t in schedule.texts("special")[1] if t], 150)
    corpus += ["The duty provided in the applicable subheading + 25%", "total 15%", "5% but not less than 2¢/kg nor more than 10%"]
    corpus += ["2¢/kg or 5%, whichever is higher", "The duty provided in the applicable subheading + a duty of 50% upon the value of the copper content"]
    rows = [("0101.21.00", "2", "x", '["No."]', text, "", "20%") for text in corpus[:400]] + [("", "1", "y", "", "", "", "")]
    found: Counter[str] = Counter()
    start = time.perf_counter()
    fuzz_texts(count, rng, corpus, found)
    fuzz_files(count // 10, rng, rows, found)
    spent = time.perf_counter() - start
    for what, number in found.most_common():
        print(f"{number:>10,}  {what}")
    print(f"{count:,} texts and {count // 10:,} files in {spent:.0f} s, seed {seed}: no failure")


if __name__ == "__main__":
    main()
