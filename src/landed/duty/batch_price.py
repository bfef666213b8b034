"""Prices rows of numbers against compiled law: amounts in cents per heading, what is unknown, and how sure the total is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landed.duty.batch_kernel import BANNED, BY_RATE, IN_COLUMN_2, IS_GROUPED, IS_SLOW, SURE, TRY_SMALL
from landed.duty.batch_rates import FINE, HALF, MILLION, PERCENT, Exact, Quantities, limbs, parts_per_million, price_rates, share
from landed.duty.compile import CompiledLaw
from landed.duty.compile_cells import Cells
from landed.duty.compile_day import Bill, Entry
from landed.lawbook.index import CONTENT_FACTS
from landed.lawbook.model import Basis

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
COMPLETE, ESTIMATED, PARTIAL, REFUSED = 0, 1, 2, 3
UNKNOWN = -1  # an amount that cannot be computed
SAFE_DIGITS = 10**11  # cents below which the explained engine's own division stays exact


@dataclass(slots=True)
class Rows:
    """Rows as numbers. Money is cents; `facts` numbers classes of facts and `spi` claims (0: none); `contents` holds
    (millionths of the value, stated) by content fact; `us_amount` and `repair` (cents, stated)."""

    slot: Ints
    code: Ints
    origin: Ints
    value: Ints
    facts: Ints | None = None
    spi: Ints | None = None
    symbols: tuple[str, ...] = ("",)
    contents: dict[str, tuple[Ints, Flags]] = field(default_factory=dict)
    us_amount: tuple[Ints, Flags] | None = None
    repair: tuple[Ints, Flags] | None = None
    quantities: Quantities | None = None

    def take(self, at: Ints) -> Rows:
        def cut(pair: tuple[Ints, Flags] | None) -> tuple[Ints, Flags] | None:
            return None if pair is None else (pair[0][at], pair[1][at])

        return Rows(
            self.slot[at], self.code[at], self.origin[at], self.value[at],
            None if self.facts is None else self.facts[at], None if self.spi is None else self.spi[at], self.symbols,
            {name: (ppm[at], stated[at]) for name, (ppm, stated) in self.contents.items()}, cut(self.us_amount), cut(self.repair),
            None if self.quantities is None else self.quantities.take(at),
        )  # fmt: skip


@dataclass(slots=True)
class Priced:
    """What rows come to. `charges` are (measure number of each row or -1, amount) besides the line's own duty `base`; a
    floor that column 1 already reaches has its number raised by `CompiledLaw.reached`.

    Amounts are cents, UNKNOWN where they cannot be computed. `total` is meaningful where `unknown` is False. `slow` rows
    need the explained engine. `prohibited` numbers the import ban. `rate` numbers the rate that the line was charged at.
    """

    total: Ints
    known: Ints
    unknown: Flags
    status: NDArray[np.int8]
    slow: Flags
    prohibited: Ints
    base: Ints
    rate: Ints
    charges: list[tuple[Ints, Ints]]

    def scattered(self, n: int, at: Ints) -> Priced:
        """The same among `n` rows, at the rows `at`; the others are slow."""

        def spread(column: NDArray[Any], fill: int | bool) -> NDArray[Any]:
            out = np.full(n, fill, column.dtype)
            if len(column):  # rates are left empty where nobody asked for them
                out[at] = column
            return out

        return Priced(
            spread(self.total, 0), spread(self.known, 0), spread(self.unknown, True), spread(self.status, REFUSED), spread(self.slow, True),
            spread(self.prohibited, -1), spread(self.base, UNKNOWN), spread(self.rate, 0), [(spread(m, -1), spread(a, 0)) for m, a in self.charges],
        )  # fmt: skip


def price_rows(law: CompiledLaw, rows: Rows, *, itemised: bool = False) -> Priced:
    """The duty of each row. With `itemised` the charges are kept by heading; without, only sums are."""
    n = len(rows.value)
    block, pair = law.lines(rows.slot, rows.code)
    without: Flags = block < 0
    lineless: Flags | None = None
    if np.any(without):
        if not law.blocks:
            return nothing(n)
        lineless = without
        block = np.where(without, 0, block)  # any block will do: these rows are slow
    value = rows.value
    origin = rows.origin if lineless is None else np.where(lineless, 0, rows.origin)  # the first origin is of the first kind on any day
    special = doubt = None
    facts = rows.facts
    if rows.spi is not None:
        facts, special, doubt, refused = _stand(law, rows, pair)
        if refused.any():  # claims that cannot stand
            at = np.flatnonzero(~refused)
            return nothing(n) if not len(at) else price_rows(law, rows.take(at), itemised=itemised).scattered(n, at)
    table = law.headings if itemised else law.totals
    cell = table.plain(rows.slot, block, origin) if facts is None else table.stated(rows.slot, block, origin, facts)
    cells = table.cells
    columns, ppm_of, measure_of = cells.arrays()
    width, floors = cells.width, cells.floors  # read once: other threads add cells
    flags = columns["flags"].take(cell)
    seen = int(np.bitwise_or.reduce(flags)) if n else 0
    ppm_of_pair = law.pair_rates()[2]
    ppm = ppm_of_pair.take(pair)
    rate = general = np.empty(0, np.int64)
    if itemised or special is not None or seen & (IN_COLUMN_2 | BY_RATE | IS_GROUPED) or int(ppm.min(initial=0)) < 0:
        rate, general, ppm = _rates(law, columns, cell, flags, pair, special)
    hard = ppm < 0
    top = int(value.max(initial=0))
    times = _small_share if top * max(cells.highest, law.rates.highest, MILLION) < 2**62 else share

    base = times(value, ppm)
    total = base.copy()
    charges: list[tuple[Ints, Ints]] = []
    if floors:
        floor = columns["floor"].take(cell)
        compared = ppm
        if special is not None:
            known_ppm = law.rates.arrays()[1]
            compared = known_ppm.take(np.where(columns["floor_claimed"].take(cell) > 0, rate, general))
        short = floor - compared
        lift = times(value, np.maximum(short, 0, out=short) if not itemised else np.maximum(short, 0))
        total += lift
        if itemised:
            number = columns["floor_measure"].take(cell)
            charges.append((np.where((number >= 0) & (short <= 0), number + law.reached, number), lift))
    for k in range(width):
        millionths = ppm_of[k].take(cell)
        if not itemised and not millionths.any():
            continue
        amount = times(value, millionths)
        total += amount
        if itemised:
            charges.append((measure_of[k].take(cell), amount))
    banned = columns["prohibited"].take(cell) if seen & BANNED else _minus_one(n)
    slow = (flags & IS_SLOW) > 0 if seen & IS_SLOW else np.zeros(n, bool)
    if lineless is not None:
        slow |= lineless
        banned = np.where(lineless, -1, banned)
    priced = Priced(total, total, np.zeros(n, bool), np.zeros(n, np.int8), slow, banned, base, rate, charges)
    work = _Work(law, cells, rows, value, rate, general, cell, pair, priced, itemised, width, floors)
    if seen & IS_GROUPED:
        hard |= (flags & IS_GROUPED) > 0
    if special is not None:
        hard |= law.rates.arrays()[0].take(general) != PERCENT
    some = bool(hard.any())
    if some:
        priced.known = total.copy()
        work.hard(np.flatnonzero(hard & ~slow), flags)
    _judge(work, columns, flags, seen, ppm, hard if some else None, doubt)
    return priced


def _rates(law: CompiledLaw, columns: dict[str, Ints], cell: Ints, flags: Ints, pair: Ints, special: Ints | None) -> tuple[Ints, Ints, Ints]:
    """(rate charged, rate a floor compares with, the first in millionths or -1 where it is no plain percent) of each row."""
    general_of, column_2_of, ppm_of_pair = law.pair_rates()
    rate, ppm = general_of.take(pair), ppm_of_pair.take(pair)
    kind, known_ppm, _, _ = law.rates.arrays()

    def change(at: Ints, to: Ints) -> None:
        rate[at] = to
        ppm[at] = np.where(kind.take(to) == PERCENT, known_ppm.take(to), -1)

    at = np.flatnonzero(flags & IN_COLUMN_2)
    if len(at):
        override = columns["column_2_rate"].take(cell[at])
        change(at, np.where(override >= 0, override, column_2_of.take(pair[at])))
    general = rate
    if special is not None:
        general = rate.copy()
        at = np.flatnonzero(special >= 0)
        change(at, special[at])
    return rate, general, ppm


_MINUS_ONES = np.full(1 << 16, -1, np.int64)
_MINUS_ONES.flags.writeable = False


def _minus_one(n: int) -> Ints:
    return _MINUS_ONES[:n] if n <= len(_MINUS_ONES) else np.full(n, -1, np.int64)


def nothing(n: int) -> Priced:
    """Rows none of which could be priced."""
    zero = np.zeros(n, np.int64)
    return Priced(zero, zero, np.ones(n, bool), np.full(n, REFUSED, np.int8), np.ones(n, bool), zero - 1, zero - 1, zero, [])


def _small_share(value: Ints, ppm: Ints | int) -> Ints:
    """`share` where the product fits in 63 bits."""
    product = value * ppm
    product += MILLION // 2
    product //= MILLION
    return product


def _stand(law: CompiledLaw, rows: Rows, pair: Ints) -> tuple[Ints, Ints, Flags, Flags]:
    """Each row's (class of facts with the claim that counts, special rate or -1, unverified, refused)."""
    assert rows.spi is not None
    n = len(rows.value)
    facts = np.zeros(n, np.int64) if rows.facts is None else rows.facts.copy()
    special, doubt, refused = np.full(n, -1, np.int64), np.zeros(n, bool), np.zeros(n, bool)
    at = np.flatnonzero(rows.spi)
    if not len(at):
        return facts, special, doubt, refused
    table = np.stack([rows.slot[at], pair[at].astype(np.int64), rows.origin[at], rows.spi[at], facts[at]])
    keys, inverse = np.unique(table, axis=1, return_inverse=True)
    inverse = inverse.reshape(-1)
    new = np.zeros((4, keys.shape[1]), np.int64)
    for i, (slot, p, origin, symbol, facts_number) in enumerate(keys.T.tolist()):
        found = law.standing(slot, p, origin, rows.symbols[symbol])
        if found is None:
            new[3, i] = 1
            continue
        spi, rate, unverified = found
        number = facts_number if spi is None else law.facts_number(replace(law.facts[facts_number], spi=spi))
        new[:3, i] = number, rate, unverified
    facts[at], special[at], doubt[at], refused[at] = new[0][inverse], new[1][inverse], new[2][inverse] > 0, new[3][inverse] > 0
    return facts, special, doubt, refused


@dataclass(slots=True)
class _Work:
    """Rows under way: what the slower parts of pricing look at."""

    law: CompiledLaw
    cells: Cells
    rows: Rows
    value: Ints
    rate: Ints
    general: Ints
    cell: Ints
    pair: Ints
    priced: Priced
    itemised: bool
    width: int
    floors: bool

    def hard(self, at: Ints, flags: Ints) -> None:
        """Reprice rows whose own rate is per unit, or whose bill takes parts of the value."""
        law, priced = self.law, self.priced
        grouped = (flags[at] & IS_GROUPED) > 0
        plain = at[~grouped]
        if len(plain):
            self._by_unit(plain)
        for cell, mine in _groups(self.cell[at[grouped]], at[grouped]):
            bill = self.cells.bills[cell]
            amounts, base, slow = self.bill(bill, mine, None, None)
            priced.slow[mine] |= slow
            if bill.unverified or self.cells.arrays()[0]["flags"][cell] & SURE:
                for entry, amount in zip(bill.entries, amounts, strict=True):
                    if entry.less:  # freed to the last cent, an unverified charge no longer weighs on the status
                        priced.slow[mine] |= amount == 0
            self._sum(mine, base, amounts)
            if self.itemised:
                while len(priced.charges) < len(amounts):
                    priced.charges.append((np.full(len(self.value), -1, np.int64), np.zeros(len(self.value), np.int64)))
                for measures, _ in priced.charges:
                    measures[mine] = -1
                for k, (entry, amount) in enumerate(zip(bill.entries, amounts, strict=True)):
                    number = law.index.place[entry.measure.id]
                    priced.charges[k][0][mine] = np.where(amount == 0, number + law.reached, number) if entry.floor else number
                    priced.charges[k][1][mine] = amount

    def _by_unit(self, at: Ints) -> None:
        """Plain bills on lines whose rate is not a percent: the base from quantities, and the floor from the exact base."""
        law, priced = self.law, self.priced
        columns, ppm_of, _ = self.cells.arrays()
        value, cell = self.value[at], self.cell[at]
        base, general, slow = self.bases(at, value)
        priced.slow[at] |= slow
        amounts: list[Ints] = []
        if self.floors:
            target = columns["floor"].take(cell)
            claimed = columns["floor_claimed"].take(cell) > 0
            compared = Exact(*(np.where(claimed, getattr(base, f.name), getattr(general, f.name)) for f in fields(Exact)))
            lift, reached = _lift(value, target, compared)
            lift = np.where(target >= 0, lift, 0)
            amounts.append(lift)
            if self.itemised:
                number = columns["floor_measure"].take(cell)
                priced.charges[0][0][at] = np.where((number >= 0) & reached, number + law.reached, number)
                priced.charges[0][1][at] = lift
        for k in range(self.width):
            amounts.append(share(value, ppm_of[k].take(cell)))
        self._sum(at, base, amounts)

    def _sum(self, at: Ints, base: Exact, amounts: list[Ints]) -> None:
        priced = self.priced
        own = np.where(base.missing, UNKNOWN, base.rounded())
        known = np.where(base.missing, base.known, own)
        unknown = base.missing.copy()
        for amount in amounts:
            unknown |= amount < 0
            known = known + np.maximum(amount, 0)
        priced.base[at], priced.known[at], priced.unknown[at], priced.total[at] = own, known, unknown, known

    def bases(self, at: Ints, value: Ints) -> tuple[Exact, Exact, Flags]:
        """(the line's duty on `value`, the general duty a floor compares with, rows for the explained engine)."""
        book, quantities = self.law.rates, self.rows.quantities
        mine = None if quantities is None else quantities.take(at)
        base, slow = price_rates(book, self.rate[at], value, mine)
        if self.general is self.rate:
            return base, base, slow
        general, more = price_rates(book, self.general[at], value, mine)
        return base, general, slow | more

    def bill(self, bill: Bill, at: Ints, fact: str | None, answer: Any) -> tuple[list[Ints], Exact, Flags]:
        """(amount of each entry, base, rows for the explained engine) of a bill on some rows, under one more answer where given."""
        value = self.value[at]

        def amount_of(basis: Basis) -> Ints:
            return self._amount_of(basis, at, value, fact, answer)

        dutiable = value
        if bill.dutiable is not None:
            dutiable = value * 0 if not bill.dutiable else value - sum((amount_of(part) for part in bill.dutiable), np.zeros_like(value))
        base, general, slow = self.bases(at, dutiable)
        amounts = []
        for entry in bill.entries:
            amount, more = self._entry(entry, at, value, base, general, amount_of, bill.dutiable is None)
            amounts.append(amount)
            slow = slow | more
        return amounts, base, slow

    def _entry(self, entry: Entry, at: Ints, value: Ints, base: Exact, general: Exact, amount_of: Callable[[Basis], Ints], whole: bool) -> tuple[Ints, Flags]:
        on = amount_of(entry.on)
        slow = np.zeros(len(at), bool)
        for part in entry.less:
            on = on - amount_of(part)
        if entry.less:
            on = np.maximum(on, 0)
        if entry.floor:
            assert entry.ppm is not None
            compared = base if entry.measure.compares == "claimed" else general
            kind, known_ppm, _, _ = self.law.rates.arrays()
            rate = (self.rate if entry.measure.compares == "claimed" else self.general)[at]
            part = on != value
            amount, _ = _lift(value, np.full(len(at), entry.ppm), compared)
            if part.any():
                over = np.maximum(entry.ppm - known_ppm.take(rate), 0)
                amount = np.where(part, share(on, over), amount)
                slow |= part & ((kind.take(rate) != PERCENT) | (value >= SAFE_DIGITS) | (not whole))
        elif entry.ppm is not None:
            amount = share(on, entry.ppm)
        elif entry.rate is not None:
            quantities = self.rows.quantities
            number = self.law.rates.number(entry.rate)
            exact, slow = price_rates(self.law.rates, np.full(len(at), number), on, None if quantities is None else quantities.take(at))
            amount = np.where(exact.missing, UNKNOWN, exact.rounded())
        else:
            return np.zeros(len(at), np.int64), ~slow
        if entry.less:
            amount = np.where(on == 0, 0, amount)
        return amount, slow

    def _amount_of(self, basis: Basis, at: Ints, value: Ints, fact: str | None, answer: Any) -> Ints:
        """Cents of a basis on some rows, as Shipment.amount_of gives them."""
        if basis == "entered_value":
            return value
        if basis == "none":
            return np.zeros_like(value)
        if basis in ("repair_value", "value_less_repair"):
            assert self.rows.repair is not None
            repair = self.rows.repair[0][at]
            return repair if basis == "repair_value" else np.maximum(value - repair, 0)
        name = CONTENT_FACTS[basis]
        if name == fact:
            content = share(value, parts_per_million(answer) or 0)
        else:
            ppm, stated = self.rows.contents[name] if name in self.rows.contents else (np.zeros(len(self.value), np.int64), np.zeros(len(self.value), bool))
            content = share(value, ppm[at])
            if name == "us_content_pct" and self.rows.us_amount is not None:
                content = np.where(stated[at] | ~self.rows.us_amount[1][at], content, self.rows.us_amount[0][at])
        if basis in ("us_content_max_40", "value_less_us_content_max_40"):
            content = np.minimum(content, share(value, int(basis.rsplit("_", 1)[1]) * 10_000))
        return value - content if basis in ("non_us_content", "value_less_us_content_max_40") else content


def _lift(value: Ints, target: Ints, compared: Exact) -> tuple[Ints, Flags]:
    """(what brings an exact column 1 duty up to `target` millionths of the value, UNKNOWN where column 1 is; already reached)."""
    cents, fine = limbs(value, np.maximum(target, 0))
    fine = fine - compared.fine
    borrow = fine < 0
    cents = cents - compared.cents - borrow
    fine = fine + borrow * FINE
    reached = ((cents < 0) | ((cents == 0) & (fine == 0))) & ~compared.missing
    lift = np.where(cents < 0, 0, cents + (fine >= HALF))
    return np.where(compared.missing, UNKNOWN, lift), reached


def _judge(work: _Work, columns: dict[str, Ints], flags: Ints, seen: int, ppm: Ints, hard: Flags | None, doubt: Flags | None) -> None:
    """Status: refused, partial, estimated where an open question or an unverified rule can move the total, else complete."""
    priced, cell, value = work.priced, work.cell, work.value
    estimated = value >= columns["least"].take(cell)
    trial = (flags & TRY_SMALL) > 0
    if seen & BY_RATE:
        at = np.flatnonzero(flags & BY_RATE)
        bound = work.cells.least_by_rate(cell[at], work.rate[at], ppm[at])
        again = bound < 0
        bound = np.where(again, -1 - bound, bound)
        estimated[at] = value[at] >= bound
        trial[at] = again
        if hard is not None:
            estimated[at] &= ~hard[at]
            trial[at] |= hard[at]
    if seen & SURE:
        estimated |= (flags & SURE) > 0
    if doubt is not None:
        estimated |= doubt
    trial &= ~estimated
    if trial.any():
        if not len(work.rate):
            work.rate, work.general, _ = _rates(work.law, columns, cell, flags, work.pair, None)
        trial &= ~priced.unknown & ~priced.slow & (priced.prohibited < 0)
    if trial.any():
        at = np.flatnonzero(trial)
        for number, mine in _groups(cell[at], at):
            for other, fact, answer in work.cells.alternatives[number]:
                mine = mine[~estimated[mine]]
                if not len(mine):
                    break
                if other.slow or (columns["flags"][number] & IN_COLUMN_2 and other.column_2 != work.cells.bills[number].column_2):
                    priced.slow[mine] = True
                    continue
                amounts, base, slow = work.bill(other, mine, fact, answer)
                priced.slow[mine] |= slow
                total = base.rounded()
                differs = base.missing.copy()
                for amount in amounts:
                    differs |= amount < 0
                    total = total + amount
                estimated[mine] = differs | (total != priced.total[mine])
    status = estimated.astype(np.int8)
    if hard is not None:
        status[priced.unknown] = PARTIAL
    if seen & BANNED:
        banned = priced.prohibited >= 0
        status[banned] = REFUSED
        priced.unknown |= banned
        if priced.known is priced.total:
            priced.known = priced.total.copy()
        priced.known[banned] = 0
    priced.status = status


def _groups(keys: Ints, at: Ints) -> Iterator[tuple[int, Ints]]:
    """(key, rows) for each distinct key."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    cuts = np.flatnonzero(np.diff(sorted_keys)) + 1
    for part in np.split(order, cuts):
        yield int(keys[part[0]]), at[part]
