"""Rates of duty as integers: millionths of a value, ten-thousandths of a cent per unit, and exact sums in two limbs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from landed.lawbook.rate import Rate, Term
from landed.schedule.pricing import parts_needed, quantity_key, quantity_needed

if TYPE_CHECKING:
    import numpy as np

MILLION = 1_000_000
FINE = 10_000_000_000  # parts of a cent that the second limb counts
HALF = FINE // 2
TERMS = 4

PERCENT, TERMED, UNPRICED, EXOTIC, SLOW, FRACTION = 0, 1, 2, 3, 4, 5  # how a rate is priced in bulk; SLOW rows go to the explained engine
NO_TERM, ON_VALUE, NEVER_STATED = -1, -2, -3


def parts_per_million(percent: Decimal) -> int | None:
    """A percent as millionths of the value (4.2% is 42000); None where that is not a whole number."""
    scaled = percent * 10_000
    return int(scaled) if scaled == scaled.to_integral_value() and scaled < 10**9 else None


@dataclass(frozen=True, slots=True)
class Exact:
    """Sums of money before rounding: `cents` + `fine` / 10^10 cents, `fine` in [0, 10^10); `missing` where a fact is wanted."""

    cents: np.ndarray
    fine: np.ndarray
    missing: np.ndarray
    known: np.ndarray  # cents of the terms that could be priced, rounded

    def rounded(self) -> np.ndarray:
        """To the cent, halves up."""
        return self.cents + (self.fine >= HALF)

    def take(self, rows: np.ndarray) -> Exact:
        return Exact(self.cents[rows], self.fine[rows], self.missing[rows], self.known[rows])


def share(value: np.ndarray, ppm: np.ndarray | int) -> np.ndarray:
    """`value` cents times millionths, rounded half-up to the cent; exact for any value the engine takes."""
    high = value // MILLION
    shared: np.ndarray = high * ppm + ((value - high * MILLION) * ppm + MILLION // 2) // MILLION
    return shared


def limbs(value: np.ndarray, ppm: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """`value` cents times millionths as (cents, fine), exact."""
    high = value // MILLION
    low = (value - high * MILLION) * ppm
    cents = low // MILLION
    return high * ppm + cents, (low - cents * MILLION) * (FINE // MILLION)


class RateBook:
    """Every rate of the schedule that was met, numbered, with its terms in arrays."""

    def __init__(self) -> None:
        self.highest = 0  # the largest millionths of any rate so far
        self._lock = Lock()
        self._numbers: dict[Rate, int] = {}
        self.keys: dict[str, int] = {}  # quantity keys ("kg", "kg:lead_content") by number
        self._rows: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
        self._arrays: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None

    def number(self, rate: Rate) -> int:
        found = self._numbers.get(rate)
        if found is None:
            with self._lock:
                if rate not in self._numbers:
                    self._rows.append(self._encode(rate))
                    self.highest = max(self.highest, self._rows[-1][1])
                    self._arrays = None
                    self._numbers[rate] = len(self._rows) - 1
                found = self._numbers[rate]
        return found

    def fraction(self, number: int, value: int) -> int:
        """Parts of a cent (see FINE) that a percent of many places takes of `value` cents."""
        percent = list(self._numbers)[number].ad_valorem or Decimal(0)
        above, below = percent.as_integer_ratio()
        return value * above * FINE // (below * 100)

    def texts(self) -> list[str]:
        """The printed text of each rate, by number."""
        return [rate.text for rate in list(self._numbers)]

    def key(self, name: str) -> int:
        return self.keys.setdefault(name, len(self.keys))

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(kind, millionths of the value known without a quantity, term amounts [TERMS, rates], term keys [TERMS, rates])."""
        import numpy as np

        arrays = self._arrays
        if arrays is None:
            rows = list(self._rows)
            amounts = np.zeros((TERMS, len(rows)), np.int64)
            keys = np.full((TERMS, len(rows)), NO_TERM, np.int64)
            for n, (_, _, terms) in enumerate(rows):
                for t, (amount, key) in enumerate(terms):
                    amounts[t, n], keys[t, n] = amount, key
            arrays = (np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64), amounts, keys)
            with self._lock:
                if len(rows) == len(self._rows):
                    self._arrays = arrays
        return arrays

    def _encode(self, rate: Rate) -> tuple[int, int, tuple[tuple[int, int], ...]]:
        if rate.kind != "duty":
            return UNPRICED, 0, ()
        percent = rate.ad_valorem
        if percent is not None:
            ppm = parts_per_million(percent)
            return (PERCENT, ppm, ()) if ppm is not None else (FRACTION, 0, ())
        on_value = [parts_per_million(t.amount) for t in rate.terms if t.unit is None and t.on is None]
        if any(ppm is None for ppm in on_value):
            return SLOW, 0, ()
        known = sum(ppm for ppm in on_value if ppm is not None)
        wanted = quantity_needed(rate) or parts_needed(rate) or rate.degrees
        if not wanted:
            return SLOW, 0, ()
        plain = not (rate.minimum or rate.maximum or rate.degrees or parts_needed(rate)) and len(rate.terms) <= TERMS
        terms = tuple(self._term(t) for t in rate.terms) if plain else ()
        if not plain or any(t is None for t in terms):
            return EXOTIC, known, ()
        return TERMED, known, terms  # type: ignore[return-value]

    def _term(self, term: Term) -> tuple[int, int] | None:
        if term.unit is None:
            return parts_per_million(term.amount) or 0, ON_VALUE
        scaled = term.amount * MILLION
        if scaled != scaled.to_integral_value() or scaled >= 10**9 or term.on == "jewels_over_7":
            return None
        return int(scaled), self.key(quantity_key(term.unit, term.on))


@dataclass(slots=True)
class Quantities:
    """Stated quantities of rows: one (unit number or array of them, millionths of a unit, stated) per column."""

    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    convertible: dict[tuple[int, int], bool]

    def take(self, rows: np.ndarray) -> Quantities:
        return Quantities([(u[rows], q[rows], s[rows]) for u, q, s in self.columns], self.convertible)


def price_rates(book: RateBook, numbers: np.ndarray, value: np.ndarray, quantities: Quantities | None) -> tuple[Exact, np.ndarray]:
    """(exact duty of each row's rate on its value, rows that need the explained engine)."""
    import numpy as np

    kind, known_ppm, amounts, keys = book.arrays()
    kinds = kind.take(numbers)
    ppm = known_ppm.take(numbers)
    cents, fine = limbs(value, ppm)
    missing = (kinds != PERCENT) & (kinds != FRACTION)
    slow = kinds == SLOW
    for row in np.flatnonzero(kinds == FRACTION).tolist():  # 33 1/3%: a handful of lines, in whole numbers of any size
        cents[row], fine[row] = divmod(book.fraction(int(numbers[row]), int(value[row])), FINE)
    known_cents, known_fine = cents.copy(), fine.copy()
    if quantities is not None and missing.any():
        at = np.flatnonzero(kinds == TERMED)
        stated = np.zeros(len(numbers), bool)
        for _, _, given in quantities.columns:
            stated |= given
        slow |= (kinds == EXOTIC) & stated
        if len(at):
            n, mine = numbers[at], quantities.take(at)
            lacking = np.zeros(len(at), bool)
            for t in range(TERMS):
                key, amount = keys[t].take(n), amounts[t].take(n)
                wanted = key >= 0
                if not wanted.any():
                    continue
                quantity, found, near = _find(mine, key)
                slow[at] |= wanted & ~found & near
                add_cents, add_fine, over = _by_quantity(quantity, amount)
                slow[at] |= wanted & found & over
                use = wanted & found
                known_cents[at] += np.where(use, add_cents, 0)
                known_fine[at] += np.where(use, add_fine, 0)
                lacking |= wanted & ~found
            missing[at] = lacking
            carry = known_fine // FINE
            known_cents += carry
            known_fine -= carry * FINE
            cents, fine = known_cents, known_fine
    known = known_cents + (known_fine >= HALF)
    known[kinds == UNPRICED] = 0
    return Exact(cents, fine, missing, known), slow


def _find(quantities: Quantities, key: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(quantity under the wanted key, whether stated, whether another stated unit would convert to it)."""
    import numpy as np

    found = np.zeros(len(key), bool)
    near = np.zeros(len(key), bool)
    quantity = np.zeros(len(key), np.int64)
    for unit, amount, stated in quantities.columns:
        same = stated & (unit == key)
        quantity = np.where(same, amount, quantity)
        found |= same
        other = stated & (unit != key) & (key >= 0)
        if other.any():
            pairs = np.unique(np.stack([unit[other], key[other]]), axis=1)
            for u, k in pairs.T.tolist():
                if quantities.convertible.get((u, k), True):
                    near |= other & (unit == u) & (key == k)
    return quantity, found, near


def _by_quantity(quantity: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Millionths of a unit times millionths of a dollar per unit, as (cents, fine, too large for this arithmetic)."""
    high = quantity // MILLION
    low = quantity - high * MILLION
    over = high.astype(float) * amount > 4e18
    whole = high * amount  # ten-thousandths of a cent
    cents = whole // 10_000
    fine = (whole - cents * 10_000) * MILLION + low * amount
    carry = fine // FINE
    return cents + carry, fine - carry * FINE, over
