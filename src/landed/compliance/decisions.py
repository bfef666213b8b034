"""What people decided about matches ("not the same party, because ..."), kept by line and lapsing when the entry changes; parties screened again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landed.compliance.model import Entry, Match, Party, Screening
from landed.compliance.names import clean
from landed.compliance.row_file import append_row, read_rows
from landed.errors import LandedError
from landed.schedule.site import data_folder


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an entry is not the party asked about: who found it, when, and the hash of the entry it was found for."""

    party: str
    list: str
    entry: str
    entry_sha256: str
    because: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A saved party whose answer changed: what it was, what it is, and the matches that came, went or changed."""

    party: str
    before: str
    after: str
    came: tuple[str, ...]
    went: tuple[str, ...]


def entry_hash(entry: Entry) -> str:
    """A hash of all that a list says of an entry."""
    return hashlib.sha256(json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def party_key(party: Party) -> str:
    """What makes two questions the same party: the words of the name, the country, the kind."""
    return " ".join(sorted(clean(party.name).tokens)) + f"|{party.country.strip().lower()}|{party.kind}"


class Decisions:
    """The decisions and saved parties of one workspace, in files of the data folder."""

    def __init__(self, workspace: str = "", folder: Path | None = None) -> None:
        """Open them; files that are absent are empty."""
        home = (folder or data_folder()) / "lists"
        tail = "".join(c for c in workspace if c.isalnum() or c in "_-")[:64]
        self._path = home / f"decisions{'-' + tail if tail else ''}.jsonl"
        self._parties = home / f"parties{'-' + tail if tail else ''}.jsonl"
        self._known = {(d.party, d.list, d.entry): d for d in (Decision(**row) for row in read_rows(self._path))}

    def about(self, party: Party, match: Match, now: str) -> str:
        """Why the match is set aside, or "" where nobody decided or the entry has changed since."""
        found = self._known.get((party_key(party), match.list, match.entry))
        return f"{found.because} ({found.who}, {found.at[:10]})" if found and found.entry_sha256 == now else ""

    def decide(self, party: Party, entry: Entry, because: str, who: str) -> Decision:
        """Store that an entry is not this party; raises LandedError INVALID_REQUEST without a reason, DATA_FOLDER."""
        if len(because.strip()) < 3:
            raise LandedError("INVALID_REQUEST", "expected a reason, got none", where="because", mend="Say what tells the two apart: a date of birth, a place, a number.")
        made = Decision(party_key(party), entry.list, entry.id, entry_hash(entry), because.strip()[:500], who[:200], datetime.now(UTC).isoformat(timespec="seconds"))
        append_row(self._path, asdict(made))
        self._known[made.party, made.list, made.entry] = made
        return made

    def save(self, party: Party, found: Screening) -> None:
        """Keep a party and its answer, to be screened again."""
        append_row(self._parties, {"party": asdict(party), **_state(found)})

    def saved(self) -> dict[str, tuple[Party, dict[str, Any]]]:
        """The saved parties with their last answers, by key."""
        rows = [(Party(**row["party"]), row) for row in read_rows(self._parties)]
        return {party_key(party): (party, row) for party, row in rows}


def difference(party: Party, before: dict[str, Any], found: Screening) -> Difference | None:
    """What changed in the answer for a party, or None. The day in "no match in lists dated" alone is no change."""
    after = _state(found)
    came = tuple(sorted(set(after["matches"]) - set(before["matches"])))
    went = tuple(sorted(set(before["matches"]) - set(after["matches"])))
    same = before["outcome"].split(" dated ")[0] == after["outcome"].split(" dated ")[0]
    return None if same and not came and not went else Difference(party.name, before["outcome"], after["outcome"], came, went)


def _state(found: Screening) -> dict[str, Any]:
    return {"outcome": found.outcome, "matches": [f"{m.strength} {m.list} {m.entry} {m.matched_name}" for m in found.matches]}
