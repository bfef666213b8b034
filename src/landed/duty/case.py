"""One request under one law: finds the line, the column and the docket for any day, and assesses any variation of the facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from landed.duty.assess import Assessment, Column, Settlement, assess, choose_column, settle
from landed.duty.model import Claims, Request, Warning_
from landed.duty.shipment import Shipment, shipment_of
from landed.errors import LandedError
from landed.lawbook.index import CONTENT_FACTS, Docket, LawIndex, lapsed
from landed.schedule.lookup import Line, Schedule


@dataclass(frozen=True, slots=True)
class Standing:
    """What a claimed special programme indicator comes to: whether it counts, the sentence for it, and warnings."""

    spi: str | None  # the claim as rules may test it; None when it does not count
    column: str | None  # the claim as the special column may use it
    why: str
    warnings: tuple[Warning_, ...] = ()


AMOUNT_FACTS = (*dict.fromkeys(CONTENT_FACTS.values()), "polarity_degrees")  # facts that amounts are made of
NO_CLAIM = Standing(None, None, "")


class Case:
    """A request held against a law book and a schedule. Cheap to build; `assess_on` may be asked many times."""

    def __init__(self, index: LawIndex, schedule: Schedule, request: Request) -> None:
        self.index = index
        self.schedule = schedule
        self.request = request
        self.day = request.entry_date
        self.line = self.line_on(self.day)
        self.standing = self.stand(request.claims.spi, self.day)
        self.shipment = self._shipment(request, self.standing)
        self.docket = self.docket_on(self.day, request.origin)
        self._assessed: dict[tuple[int, tuple[object, ...]], tuple[Settlement, Assessment]] = {}  # a settlement is held so that its id stays its own
        self.column = self.column_on(self.line, request.origin, self.day, self.standing)

    def line_on(self, day: date) -> Line:
        """The tariff line of the request on a day; raises UNKNOWN_HTS, OBSOLETE_HTS or NOT_A_RATE_LINE."""
        return self.schedule.line(self.request.code, day, extra=self.index.listed_codes)

    def docket_on(self, day: date, origin: str) -> Docket:
        request = self.request
        if not request.claims.chapter_98:
            return self.index.docket_of(self.line.code, origin, day, request.known_on)
        found = self.index.matches(self.line.code, origin, day, request.known_on)
        return self.index.docket(found + self.index.chapter_98(request.claims.chapter_98, day), day)

    def _shipment(self, request: Request, standing: Standing) -> Shipment:
        shipment = shipment_of(request, self.index.law.facts)
        if standing.spi != request.claims.spi:
            shipment.claims = replace(request.claims, spi=standing.spi)
        return shipment

    def stand(self, spi: str | None, day: date) -> Standing:
        """Judge a claimed SPI: who may claim it, whether it is in force, whether the line has it.

        Raises INVALID_CLAIM for a symbol that does not exist or that this origin cannot claim.
        """
        if not spi:
            return NO_CLAIM
        origin = self.request.origin
        rows = [p for p in self.index.law.preferences if p.spi == spi]
        if not rows:
            known = sorted({p.spi for p in self.index.law.preferences})
            raise LandedError("INVALID_CLAIM", f"no special programme has the symbol {spi!r}", where="claims.spi", mend=f"One of {', '.join(known)}.")
        mine = [p for p in self.index.preferences(origin, day) if p.spi == spi]
        if not mine:
            raise LandedError(
                "INVALID_CLAIM",
                f"goods of {origin} cannot be entered under {rows[0].title} ({spi}) on {day}",
                where="claims.spi",
                mend="Check the country of origin or drop the claim.",
            )
        gap = lapsed(mine[0], day, self.request.known_on)
        if gap:
            note = Warning_("PREFERENCE_LAPSED", f"{mine[0].title} ({spi}) is not in force on {day}: {gap}.", "Duty is at the general rate; flag the claim if a retroactive renewal may come.")
            return Standing(None, None, "", (note,))
        why = f"{mine[0].title} ({spi}) is claimed"
        unverified = () if mine[0].verified else (Warning_("UNVERIFIED_FACT", f"The terms of {mine[0].title} were not verified.", "Check the general note before you claim."),)
        if self.index.column_2(origin, day) is not None:
            note = Warning_("CLAIM_NOT_APPLICABLE", f"Goods of {origin} are in column 2; no special rate applies.", "Drop the claim.")
            return Standing(None, None, "", (note,))
        if self.line.special_rate(spi) is not None:
            return Standing(spi, spi, why, unverified)
        if self.line.general.free:
            return Standing(spi, None, why, unverified)
        note = Warning_("CLAIM_NOT_APPLICABLE", f"The line {self.line.rate_line} has no special rate for {spi}; the general rate is charged.", "Drop the claim.")
        return Standing(None, None, "", (note,))

    def column_on(self, line: Line, origin: str, day: date, standing: Standing) -> Column:
        return choose_column(line, self.index.column_2(origin, day), standing.column, standing.why)

    def assess(self) -> Assessment:
        """The duty on the day of entry for the stated facts, every measure of the docket included."""
        return assess(settle(self.docket, self.shipment), self.shipment, self.line, self.column)

    def assess_as(self, shipment: Shipment) -> Assessment:
        """The duty on the day of entry for a variation of the facts (only what is owed).

        Variations under which the same conditions hold on the same amounts are one assessment.
        """
        settled = settle(self.docket, shipment)
        stated = shipment.stated
        key = (id(settled), tuple([stated.get(fact) for fact in AMOUNT_FACTS]) if stated else ())
        kept = self._assessed.get(key)
        if kept is None:
            kept = self._assessed[key] = (settled, assess(settled, shipment, self.line, self.column, owed_only=True))
        return kept[1]

    def assess_on(self, day: date, *, origin: str | None = None, line: Line | None = None) -> Assessment:
        """The duty of the same goods on another day (or from another origin), dates of shipment left aside."""
        origin = origin or self.request.origin
        line = line or self.line_on(day)
        same = origin == self.request.origin
        standing = self.standing if same and day == self.day else self._quiet_standing(day) if same else NO_CLAIM
        claims = self.request.claims
        shipment = self.shipment.entered_on(day, claims if standing.spi == claims.spi else replace(claims, spi=standing.spi))
        return assess(settle(self.docket_on(day, origin), shipment), shipment, line, self.column_on(line, origin, day, standing), owed_only=True)

    def assess_claim(self, claims: Claims) -> Assessment:
        """The duty on the day of entry under other claims."""
        other = Case(self.index, self.schedule, replace(self.request, claims=claims))
        return other.assess_as(other.shipment)

    def _quiet_standing(self, day: date) -> Standing:
        try:
            return self.stand(self.request.claims.spi, day)
        except LandedError:
            return NO_CLAIM
