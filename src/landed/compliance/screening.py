"""Screens parties against the lists in force: names, identifiers and addresses, with what every answer rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from landed.compliance.decisions import Decisions, entry_hash
from landed.compliance.list_read import table
from landed.compliance.list_site import entries_of, lists_in_force
from landed.compliance.model import NO_MATCH, Entry, ListFile, Match, Party, Screening
from landed.compliance.name_index import Found, NameIndex
from landed.compliance.names import LONGEST_NAME, clean
from landed.errors import LandedError
from landed.schedule.site import data_folder

HIT = 0.95  # least score of a hit
REVIEW = 0.77  # least score worth a look; measured in benchmarks/bench_screening.py
SAME_ADDRESS = 0.9
MOST_MATCHES = 20
UNREAD = 0.5  # share of letters in a script that is not read, from which "no match" would say nothing
SHORT = 6  # letters below which one word alone is no hit


class Screener:
    """Entries of some lists with their index; `near` never leaves a list out silently, the caller says what is missing."""

    def __init__(self, files: Iterable[tuple[ListFile, tuple[Entry, ...]]]) -> None:
        """Index the names of every entry."""
        self.entries: list[tuple[Entry, ListFile]] = [(entry, file) for file, entries in files for entry in entries]
        self.owners = [number for number, (entry, _) in enumerate(self.entries) for _ in entry.names]
        self.index = NameIndex([name for entry, _ in self.entries for name in entry.names])
        self._ids: dict[str, list[int]] = {}
        for number, (entry, _) in enumerate(self.entries):
            for each in entry.ids:
                self._ids.setdefault(each, []).append(number)
        self._by_id = {(file.file, entry.list, entry.id): entry for entry, file in self.entries}
        self._addresses: NameIndex | None = None
        self._address_owners: list[int] = []

    def matches(self, party: Party) -> tuple[Match, ...]:
        """Listed parties that may be this one, best first, at most 20."""
        best: dict[int, Match] = {}
        for found in self.index.near(party.name, least=REVIEW):
            number = self.owners[found.row]
            if number not in best:
                best[number] = self._by_name(party, number, found)
        for number in self._ids.get(re.sub(r"[^A-Z0-9]", "", party.identifier.upper()), ()) if len(party.identifier) >= 5 else ():
            best[number] = self._made(number, "hit", self.entries[number][0].names[0], 1.0, {"identifier": 1.0}, f"the number {party.identifier} stands in the entry")
        for number, score, address in self._at(party.address):
            if number not in best:
                best[number] = self._made(number, "review", self.entries[number][0].names[0], score, {"address": score}, f"the address is that of the entry: {address[:120]}")
        order = sorted(best.values(), key=lambda m: (m.strength != "hit", -m.score, m.list, m.entry))
        return tuple(order[:MOST_MATCHES])

    def entry(self, match: Match) -> Entry:
        """The entry that a match is about."""
        return self._by_id[match.list_file, match.list, match.entry]

    def _by_name(self, party: Party, number: int, found: Found) -> Match:
        entry, _ = self.entries[number]
        parts, score = dict(found.parts), found.score
        agrees = _country_agrees(party.country, entry.countries)
        if agrees is not None:
            parts["country"] = 1.0 if agrees else 0.0
        kind_differs = party.kind in ("person", "company", "vessel") and entry.kind in ("person", "company", "vessel", "aircraft") and party.kind != entry.kind
        strong = score >= HIT and (found.paired >= 2 or (found.exact and len(clean(party.name).compact) >= SHORT)) and not kind_differs and (agrees is not False or found.exact)
        because = "the name is the same" if found.exact else "the name is nearly the same" if score >= HIT else "the name is like it"
        if agrees is not None:
            because += ", the country too" if agrees else ", the country is another"
        if kind_differs:
            because += f", the entry is a {entry.kind}"
        return self._made(number, "hit" if strong else "review", self.index.names[found.row], score, parts, because)

    def _made(self, number: int, strength: str, matched: str, score: float, parts: dict[str, float], because: str) -> Match:
        entry, file = self.entries[number]
        known = table()["lists"][entry.list]
        if entry.ends:
            because += f"; the order ends or ended {entry.ends}"
        return Match(
            strength="hit" if strength == "hit" else "review",
            list=entry.list,
            list_title=str(known["title"]),
            entry=entry.id,
            name=entry.names[0],
            matched_name=matched,
            score=round(score, 4),
            parts=parts,
            because=because,
            effect=str(known["effect"]),
            citation=entry.cite or str(known["citation"]),
            verified=bool(known["verified"]),
            programmes=entry.programmes,
            countries=entry.countries,
            list_file=file.file,
            list_dated=file.dated,
            list_sha256=file.sha256,
        )

    def _at(self, address: str) -> list[tuple[int, float, str]]:
        """Entries at an address: a number and nearly all words are the same."""
        if len(address) < 10 or not any(c.isdigit() for c in address):
            return []
        if self._addresses is None:
            rows = [(number, each) for number, (entry, _) in enumerate(self.entries) for each in entry.addresses if any(c.isdigit() for c in each)]
            self._addresses = NameIndex([each for _, each in rows])
            self._address_owners = [number for number, _ in rows]
        digits = set(re.findall(r"\d+", address))
        found: dict[int, tuple[int, float, str]] = {}
        for each in self._addresses.near(address[:LONGEST_NAME], least=SAME_ADDRESS, candidates=20):
            text, number = self._addresses.names[each.row], self._address_owners[each.row]
            if digits & set(re.findall(r"\d+", text)):
                found.setdefault(number, (number, each.score, text))
        return list(found.values())


def screen(party: Party, *, folder: Path | None = None, today: date | None = None, decisions: Decisions | None = None) -> Screening:
    """What the lists in force say of a party.

    Matches that somebody decided are not this party are in `set_aside`, for as long as the entry stays as it was. Raises LandedError
    INVALID_REQUEST (no name, or one past 500 characters), EXTRA_REQUIRED, BAD_LIST (a stored list is damaged).
    """
    if not party.name.strip():
        raise LandedError("INVALID_REQUEST", "expected a name, got none", where="name", mend="Give the name of the party.")
    if len(party.name) > LONGEST_NAME:
        raise LandedError("INVALID_REQUEST", f"expected a name of at most {LONGEST_NAME} characters, got {len(party.name):,}", where="name", mend="Send one name at a time.")
    folder = folder or data_folder()
    lists = lists_in_force(folder, today)
    screener = screener_of(folder, tuple((f.file, f.sha256) for f in lists.files))
    matches = screener.matches(party) if lists.files else ()
    kept: list[Match] = []
    aside: list[Match] = []
    for match in matches:
        because = decisions.about(party, match, entry_hash(screener.entry(match))) if decisions else ""
        (aside if because else kept).append(replace(match, decided=because))
    name = clean(party.name)
    unread = not name.compact or name.unread >= UNREAD
    outcome, why = _outcome(kept, lists.files, lists.missing, lists.stale, unread)
    return Screening(party.name, outcome, why, tuple(kept), tuple((f.file, f.dated, f.sha256) for f in lists.files), lists.missing, lists.stale, tuple(aside))


def _outcome(matches: list[Match], files: tuple[ListFile, ...], missing: tuple[str, ...], stale: tuple[str, ...], unread: bool) -> tuple[str, str]:
    shown = ", ".join(f"{f.title} of {f.dated}" for f in files)
    if matches:
        best = matches[0]
        hits = [m for m in matches if m.strength == "hit"]
        return ("hit" if hits else "review"), f"{best.list_title}: {best.because}" + ("" if hits else "; a person should look")
    if not files:
        return "incomplete", "no list is in force here: import or pull lists first"
    if unread:
        return "incomplete", "the name is in a script that is compared letter by letter only: give it in Latin letters too"
    if missing:
        return "incomplete", f"no match in {shown}, but nothing covers {', '.join(missing)}"
    if stale:
        return "stale", f"no match in {shown}, but {', '.join(stale)} is past its age"
    return f"{NO_MATCH} {min(f.dated for f in files)}", f"no match in {shown}"


def _country_agrees(asked: str, listed: tuple[str, ...]) -> bool | None:
    """Whether a country is among those of an entry; None where either side is silent or not read."""
    mine = _country(asked)
    theirs = {found for each in listed if (found := _country(each))}
    return None if not mine or not theirs else mine in theirs


@lru_cache(maxsize=4096)
def _country(text: str) -> str:
    known = _countries()
    cleaned = re.sub(r"[^a-z ]", "", text.strip().lower())
    return known.get(cleaned, "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    from landed.lawbook.load import LAW_ROOT, read_yaml

    rows = read_yaml(LAW_ROOT / "us" / "geography.yaml")["countries"]
    found = {re.sub(r"[^a-z ]", "", str(name).lower()): code for code, name in rows.items()}
    found.update({str(name): str(code) for name, code in table()["country_names"].items()})
    found.update({code.lower(): code for code in rows})
    return found


@lru_cache(maxsize=2)
def screener_of(folder: Path | None, key: tuple[tuple[str, str], ...]) -> Screener:
    """The screener of lists by (file, sha256), kept while they stay in force; raises LandedError BAD_LIST."""
    files = {f.file: f for f in lists_in_force(folder).files}
    return Screener((files[file], entries_of(file, sha256, folder)) for file, sha256 in key)
