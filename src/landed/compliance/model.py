"""What screening speaks of: an entry of a list, a list in force, a party asked about, a match with its parts, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Kind = Literal["party", "person", "company", "vessel", "bank"]

NO_MATCH = "no match in lists dated"


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed party as read from a file.

    `list` is the short name of the list (SDN, EL, UFLPA, ...), `id` the list's own number or a hash of the entry where it has none;
    `names` holds the primary name first, then aliases; `ids` are identifiers with letters and digits only (IMO, BIC, passports); `countries`
    are names or codes as the list writes them; `ends` is the last day of an order that ends.
    """

    list: str
    id: str
    kind: str
    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    cite: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list file in force at this site: what it is, its day and how that is known (file, stated or import), its hash, and how old it is in days."""

    file: str
    title: str
    dated: date
    dated_by: str
    sha256: str
    entries: int
    imported_at: str
    age_days: int
    stale: bool
    can_roll_back: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """All list files in force; `missing` are parts of the expected set that none of them covers."""

    files: tuple[ListFile, ...]
    missing: tuple[str, ...]
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody asked about. `country` is a code or a name; `identifier` an IMO number, BIC or other number."""

    name: str
    country: str = ""
    address: str = ""
    kind: Kind = "party"
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A listed party that may be the one asked about.

    `score` is 0 to 1; `parts` says what it is made of. `decided` holds why somebody found it is not the same party, "" where nobody did.
    """

    strength: Literal["hit", "review"]
    list: str
    list_title: str
    entry: str
    name: str
    matched_name: str
    score: float
    parts: dict[str, float]
    because: str
    effect: str
    citation: str
    verified: bool
    programmes: tuple[str, ...]
    countries: tuple[str, ...]
    list_file: str
    list_dated: date
    list_sha256: str
    decided: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer for one party.

    `outcome` is hit, review, "no match in lists dated DAY" (the oldest of them), stale or incomplete; it is never "clear". `lists` are the files looked into as (file, dated, sha256); `why` says in words what the outcome rests on.
    """

    name: str
    outcome: str
    why: str
    matches: tuple[Match, ...]
    lists: tuple[tuple[str, date, str], ...]
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    set_aside: tuple[Match, ...] = field(default=())
