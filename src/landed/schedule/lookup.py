"""Looks tariff lines up by code and day: rates, units and special symbols, or why there is no such line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.errors import LandedError
from landed.lawbook.rate import Rate
from landed.lawbook.rate_text import parse_rate, parse_special
from landed.schedule.codes import dotted, parse_code
from landed.schedule.table import Table, load_table

if TYPE_CHECKING:
    import numpy as np

    from landed.schedule.succession import Change, Successor


@dataclass(frozen=True, slots=True)
class Line:
    """A tariff line as it stands on a day.

    `code` has 10 digits, or 8 where an 8-digit rate line was asked for as such (`suffix_missing`).
    `rate_line` is the dotted 8-digit line that the rates are printed on or inherited from. `special` holds
    the groups of the special column: ((symbols), rate). `units` are canonical keys of the reporting units.
    `from_` and `to` bound the spell of unchanged facts as far as known (`to` None: still so in the last
    edition); `first_seen` and `last_seen` name the editions it was read in, `revision` the edition in force
    on the day. `covered` is False for a day before the first edition or after the last one at hand.
    `settled` is False where the line changed or ended between two editions and the day lies between them:
    the change may have come before the day that `to` states.
    """

    code: str
    dotted: str
    rate_line: str
    general: Rate
    special: tuple[tuple[tuple[str, ...], Rate], ...]
    column_2: Rate
    units: tuple[str, ...]
    quota: str
    additional_duties: str
    from_: date
    to: date | None
    first_seen: str
    last_seen: str
    revision: str
    covered: bool
    settled: bool
    suffix_missing: bool = False
    inferred: bool = False  # a code newer than the editions at hand: rates are those of its 8-digit parent

    def special_rate(self, spi: str) -> Rate | None:
        """The rate that the special column gives to one claimed symbol; None when it is not printed there.

        The match is exact ("P+" is not "P"), but for one family: a claim of the bare letter also finds the
        starred group ("A" finds "A*", "E" finds "E*"), because importers claim GSP and CBERA by the bare
        letter; which countries or goods the star leaves out is not decided here (see `special_symbol`).
        """
        symbol = self.special_symbol(spi)
        if symbol is None:
            return None
        return next(rate for symbols, rate in self.special if symbol in symbols)

    def special_symbol(self, spi: str) -> str | None:
        """The printed symbol that a claim matches ("A" may match "A*"), or None."""
        claim = spi.strip().upper()
        printed = {symbol for symbols, _ in self.special for symbol in symbols}
        if claim in printed:
            return claim
        return f"{claim}*" if f"{claim}*" in printed else None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every special symbol that the line prints, in order."""
        return tuple(symbol for symbols, _ in self.special for symbol in symbols)


class LinesOfDay(NamedTuple):
    """All lines of a day as arrays: `codes` are the digits as integers (sorted), `rows` index the text columns."""

    codes: np.ndarray  # int64
    rows: np.ndarray  # int32


class Schedule:
    """The tariff schedule over time. Make one with `Schedule.load()`; it is immutable and safe to share."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._first_day = table.first_day
        self._last_day = table.last_day
        self._lines: dict[tuple[int, str, int], Line] = {}
        self._starts = [r.effective.toordinal() for r in table.revisions]

    @classmethod
    def load(cls, path: Path | None = None) -> Schedule:
        """The schedule in a file; by default the packaged one. Raises LandedError BAD_SCHEDULE."""
        return cls(load_table(path))

    @classmethod
    def in_force(cls) -> Schedule:
        """The schedule in force at this site: an imported one when there is a sound one, else the packaged one."""
        from landed.schedule.site import open_schedule

        return open_schedule()

    @property
    def version(self) -> str:
        """A short hash of the editions in the schedule: the same editions give the same version for ever."""
        import hashlib

        named = "\n".join(f"{r.effective.isoformat()} {r.sha256}" for r in self._table.revisions)
        return hashlib.sha256(named.encode()).hexdigest()[:12]

    @property
    def revisions(self) -> tuple[tuple[str, date], ...]:
        """The editions at hand: (name, day from which we take it to hold), in date order."""
        return tuple((r.name, r.effective) for r in self._table.revisions)

    def covered(self, day: date) -> bool:
        """Whether the day lies between the first and the last edition at hand (both days included)."""
        return self._first_day <= day.toordinal() <= self._last_day

    def revision(self, day: date) -> str:
        """The name of the edition that answers for a day (the nearest one outside the days covered)."""
        return self._table.revisions[self._revision_number(self._clamp(day))].name

    def line(self, code: str, day: date, *, extra: frozenset[str] = frozenset()) -> Line:
        """The tariff line of a code (any spelling) on a day.

        `extra` holds 10-digit codes known from lists of law later than the last edition at hand; such a code
        takes the rates of its 8-digit parent (`inferred`). Raises LandedError INVALID_CODE, NOT_A_RATE_LINE
        (with `children`), OBSOLETE_HTS (with `successors`), UNKNOWN_HTS (with `near`).
        """
        ordinal = day.toordinal()
        digits = parse_code(code)
        clamped = self._first_day if ordinal < self._first_day else min(ordinal, self._last_day)
        row = self._table.row_on(digits, clamped)
        if row >= 0 and len(digits) >= 8 and digits[:2] < "98":
            number = self._revision_number(clamped)
            # What the answer depends on besides the row: the edition, its very day, and whether the day is covered.
            state = number * 4 + (clamped == self._starts[number]) * 2 + (clamped == ordinal)
            known = self._lines.get((row, digits, state))
            if known is None:
                known = self._make(row, digits, clamped, ordinal)
                if known is None:
                    raise self._not_a_rate_line(digits, clamped)
                self._lines[(row, digits, state)] = known
            return known
        return self._unlisted(digits, clamped, ordinal, extra)

    def find(self, code: str, day: date) -> Line | None:
        """`line`, with None for a code that is no rate line of that day."""
        try:
            return self.line(code, day)
        except LandedError:
            return None

    def lines(self, day: date, *, rate_lines: bool = False) -> LinesOfDay:
        """Every 10-digit line of a day in chapters 1 to 97; with `rate_lines` the 8-digit rate lines too, printed or implied.

        An 8-digit code has the integer of its own 8 digits (there is no chapter 00 it could be mistaken for).
        """
        import numpy as np

        arrays = self.arrays()
        clamped = self._clamp(day)
        lengths = (8, 10) if rate_lines else (10,)
        wanted = (arrays["first"] <= clamped) & (clamped <= arrays["last"]) & np.isin(arrays["length"], lengths) & (arrays["chapter"] < 98)
        wanted &= arrays["rated"]
        rows = np.flatnonzero(wanted).astype(np.int32)
        codes = arrays["number"][rows]
        if rate_lines:
            implied, implied_rows = self._implied(codes, rows)
            codes, rows = np.concatenate([codes, implied]), np.concatenate([rows, implied_rows])
        order = np.argsort(codes, kind="stable")
        return LinesOfDay(codes[order], rows[order])

    def texts(self, column: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """A text column (general, special, column_2, units, rate_line, ...) as (index by row, distinct texts)."""
        return self._table.texts[column]

    def arrays(self) -> dict[str, np.ndarray]:
        """Row arrays: `number` (digits as int64), `length` of the code, `chapter`, `first`, `last` (ordinals), `rated`."""
        import numpy as np

        made: dict[str, np.ndarray] | None = self.__dict__.get("_arrays")
        if made is None:
            table = self._table
            general, texts = table.texts["general"]
            made = {
                "number": np.array([int(c) for c in table.codes], np.int64),
                "length": np.array([len(c) for c in table.codes], np.int8),
                "chapter": np.array([int(c[:2]) for c in table.codes], np.int16),
                "first": np.array(table.first, np.int64),
                "last": np.array(table.last, np.int64),
                "rated": np.array([bool(t) for t in texts], bool)[general],
            }
            self.__dict__["_arrays"] = made
        return made

    def children(self, code: str, day: date) -> tuple[str, ...]:
        """The codes (digits) one printed step below a code on a day: 8-digit lines of a heading, suffixes of an 8-digit line."""
        return self._children(parse_code(code), self._clamp(day))

    def units(self, code: str, day: date) -> tuple[str, ...]:
        """The canonical keys of the units that a line reports on a day (raises as `line` does)."""
        return self.line(code, day).units

    def changes(self, since: date, until: date) -> tuple[Change, ...]:
        """What differs between the editions in force on two days: lines added, ended and changed, with both sides."""
        from landed.schedule.succession import changes_between

        return changes_between(self._table, self._clamp(since), self._clamp(until))

    def successors(self, code: str, day: date) -> tuple[Successor, ...]:
        """The likely successors on a day of a code that ended before it, best first (empty for a live or unknown code)."""
        from landed.schedule.succession import successors_of

        return successors_of(self._table, parse_code(code), self._clamp(day))

    # ---- within ----
    def _clamp(self, day: date) -> int:
        return min(max(day.toordinal(), self._first_day), self._last_day)

    def _revision_number(self, clamped: int) -> int:
        number = len(self._starts) - 1
        while number > 0 and self._starts[number] > clamped:
            number -= 1
        return number

    def _implied(self, codes: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 8-digit lines that print no line of their own because a 10-digit line carries the rate: codes and rows."""
        import numpy as np

        long = codes >= 10**8
        prefixes = codes[long] // 100
        long_rows = rows[long]
        missing = ~np.isin(prefixes, codes[~long])
        prefixes, long_rows = prefixes[missing], long_rows[missing]
        found, first = np.unique(prefixes, return_index=True)
        rates = np.stack([self._table.texts[name][0][long_rows] for name in ("general", "special", "column_2")])
        group = np.searchsorted(found, prefixes)
        same = np.ones(len(found), bool)
        np.logical_and.at(same, group, (rates == rates[:, first[group]]).all(axis=0))
        return found[same], long_rows[first][same]

    def _make(self, row: int, digits: str, clamped: int, ordinal: int, *, code: str = "", suffix_missing: bool | None = None) -> Line | None:
        table = self._table
        general = table.text("general", row)
        if not general:
            return None
        number = self._revision_number(clamped)
        last = table.last[row]
        open_end = table.last_revision[row] == len(table.revisions) - 1
        rate_line = table.text("rate_line", row) or digits
        code = code or digits
        return Line(
            code=code,
            dotted=dotted(code),
            rate_line=dotted(rate_line[:8]),
            general=parse_rate(general),
            special=parse_special(table.text("special", row)),
            column_2=parse_rate(table.text("column_2", row)),
            units=tuple(table.text("units", row).split()),
            quota=table.text("quota", row),
            additional_duties=table.text("additional_duties", row),
            from_=date.fromordinal(table.first[row]),
            to=None if open_end else date.fromordinal(last),
            first_seen=table.revisions[table.first_revision[row]].name,
            last_seen=table.revisions[table.last_revision[row]].name,
            revision=table.revisions[number].name,
            covered=self._first_day <= ordinal <= self._last_day,
            settled=open_end or number < table.last_revision[row] or clamped == self._starts[number],
            suffix_missing=len(code) == 8 if suffix_missing is None else suffix_missing,
        )

    def _unlisted(self, digits: str, clamped: int, ordinal: int, extra: frozenset[str]) -> Line:
        """A code without a row on the day: an implied 8-digit line, a code of later lists, or an error."""
        if digits[:2] >= "98" or len(digits) < 8:
            raise self._not_a_rate_line(digits, clamped)
        if len(digits) == 8:
            # "0101.30.00.00" prints its rate on the 10-digit line: the 8-digit line is implied.
            rows = [r for r in self._table.under(digits) if self._table.first[r] <= clamped <= self._table.last[r]]
            rated = [r for r in rows if self._table.text("general", r)]
            facts = {self._table.text("general", r) + "|" + self._table.text("special", r) + "|" + self._table.text("column_2", r) for r in rated}
            if rated and len(facts) == 1:
                line = self._make(rated[0], digits, clamped, ordinal, code=digits, suffix_missing=True)
                if line is not None:
                    return line
        elif digits in extra:
            from dataclasses import replace

            parent = self.find(digits[:8], date.fromordinal(ordinal))
            if parent is not None:
                return replace(parent, code=digits, dotted=dotted(digits), suffix_missing=False, inferred=True)
        if len(digits) == 10 and digits.endswith("00") and not self._table.under(digits):
            # An 8-digit line padded to ten digits, as many systems write it.
            parent = self.find(digits[:8], date.fromordinal(ordinal))
            if parent is not None:
                return parent
        raise self._absent(digits, clamped)

    def _children(self, digits: str, clamped: int) -> tuple[str, ...]:
        table = self._table
        live = [table.codes[r] for r in table.under(digits) if table.first[r] <= clamped <= table.last[r] and table.codes[r] != digits]
        if len(digits) >= 8:
            return tuple(live)
        step = len(digits) + 2
        # Steps that print no line of their own ("0101.21") are skipped to the first printed one.
        found: dict[str, None] = {}
        present = set(live)
        for code in live:
            shown = next((code[:n] for n in range(step, len(code), 2) if code[:n] in present), code)
            found[shown] = None
        return tuple(found)

    def _not_a_rate_line(self, digits: str, clamped: int) -> LandedError:
        table = self._table
        known = bool(table.under(digits))
        if digits[:2] >= "98":
            detail = f"expected a tariff line of chapters 1 to 97, got {dotted(digits)}, a number of chapter {digits[:2]}"
            mend = "Give the line that describes the goods; chapter 98 and 99 numbers are claims and measures."
        elif not known:
            return self._absent(digits, clamped)
        else:
            detail = f"expected a rate line of 8 or 10 digits, got {dotted(digits)}, which has no rate of its own"
            mend = "Choose one of its children."
        return LandedError(
            "NOT_A_RATE_LINE", detail, where="hts_code", mend=mend, children=[dotted(c) for c in self._children(digits, clamped)], known=known
        )

    def _absent(self, digits: str, clamped: int) -> LandedError:
        from landed.schedule.succession import near_codes, successors_of

        table = self._table
        rows: list[int] = list(table.under(digits))
        ended = [r for r in rows if table.last[r] < clamped]
        later = [r for r in rows if table.first[r] > clamped]
        day = date.fromordinal(clamped).isoformat()
        extra: dict[str, Any]
        if ended:
            end = max(table.last[r] for r in ended)
            extra = {"successors": [s.to_dict() for s in successors_of(table, digits, clamped)], "ended": date.fromordinal(end).isoformat()}
            if later:
                extra["since"] = date.fromordinal(min(table.first[r] for r in later)).isoformat()
            return LandedError(
                "OBSOLETE_HTS",
                f"expected a code in force on {day}, got {dotted(digits)}, last printed in {self._last_edition(ended)}",
                where="hts_code",
                mend="Choose its successor.",
                **extra,
            )
        extra = {"near": [dotted(c) for c in near_codes(table, digits, clamped)]}
        detail = f"expected a code of the schedule on {day}, got {dotted(digits)}"
        mend = "Choose one of the near codes, or look the goods up."
        if later:
            row = min(later, key=lambda r: table.first[r])
            extra["since"] = date.fromordinal(table.first[row]).isoformat()
            detail += f", first printed in {table.revisions[table.first_revision[row]].name} ({extra['since']})"
        elif len(digits) == 10 and self._children(digits[:8], clamped):
            mend = f"Choose a statistical suffix of {dotted(digits[:8])}, or give the 8-digit line."
        return LandedError("UNKNOWN_HTS", detail, where="hts_code", mend=mend, **extra)

    def _last_edition(self, rows: list[int]) -> str:
        return self._table.revisions[max(self._table.last_revision[r] for r in rows)].name
