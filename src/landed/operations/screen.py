"""Screening of parties against the restricted-party lists in force at this site, and the lists themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, BinaryIO, Literal

from landed.compliance.decisions import Decision, Decisions, Difference
from landed.compliance.model import ListFile, Lists, Party, Screening
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """A party to screen."""

    name: Annotated[str, "name of the party, vessel or bank, at most 500 characters"]
    country: Annotated[str, "country, ISO 3166 alpha-2 or name"] = ""
    address: Annotated[str, "address with its number"] = ""
    kind: Annotated[Literal["party", "person", "company", "vessel", "bank"], "what it is; default party"] = "party"
    identifier: Annotated[str, "IMO number, BIC, tax or registration number"] = ""


@dataclass(frozen=True, slots=True)
class DecideRequest:
    """Why an entry is not the party: stored with who and when, and lapsing when the entry changes."""

    name: Annotated[str, "the party as it was screened"]
    list: Annotated[str, "short name of the list, such as SDN"]
    entry: Annotated[str, "id of the entry"]
    because: Annotated[str, "what tells the two apart"]
    country: Annotated[str, "the country as it was screened"] = ""
    kind: Annotated[Literal["party", "person", "company", "vessel", "bank"], "the kind as it was screened"] = "party"


@dataclass(frozen=True, slots=True)
class AgainRequest:
    """A request without fields."""


@dataclass(frozen=True, slots=True)
class Again:
    """Saved parties screened again: how many, and only those whose answer changed."""

    screened: int
    differences: tuple[Difference, ...]
    missing: tuple[str, ...]
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListImportRequest:
    """A list on this machine: its files, or the folder that holds them."""

    files: Annotated[tuple[str, ...], "paths; the OFAC sets have several, a folder counts as its files"]
    kind: Annotated[str, "csl, sdn, cons, dpl, un, uflpa or own; default by name and content"] = ""
    dated: Annotated[date | None, "day of the list; default the day that it states, else today"] = None
    accept_shrink: Annotated[bool, "take a list that is far smaller or larger than the one in force, or than a whole one"] = False


@dataclass(frozen=True, slots=True)
class ListPullRequest:
    """A list to download from its publisher."""

    kind: Annotated[str, "csl, sdn, un or uflpa"]
    accept_shrink: Annotated[bool, "take a list that is far smaller or larger than the one in force"] = False
    timeout: Annotated[int, "seconds to wait for an answer"] = 60


@dataclass(frozen=True, slots=True)
class ListName:
    """A list by its name."""

    kind: Annotated[str, "csl, sdn, cons, dpl, un, uflpa or own"]


@operation(name="screen", summary="Screen a party against the restricted-party lists in force here", method="POST", path="/v1/screenings", scope="quote")
def screen(request: ScreenRequest) -> Screening:
    """A hit, a review, "no match in lists dated DAY", or why nothing can be said: stale or incomplete lists. Never "clear".

    Each match names list, day, hash, entry, legal effect for an importer and the parts of its score (0 to 1). Raises LandedError INVALID_REQUEST,
    EXTRA_REQUIRED, BAD_LIST (a stored list is damaged), DATA_FOLDER.
    """
    from landed.compliance.screening import screen as run

    return run(_party(request), decisions=_decisions())


@operation(name="screen_save", summary="Screen a party and keep it, to be screened again when lists change", method="POST", path="/v1/screenings/saved", scope="write", read_only=False)
def save(request: ScreenRequest) -> Screening:
    """What `screen` says; the party and the answer are kept for `screen_again`. Raises what `screen` raises."""
    from landed.compliance.screening import screen as run

    party, decisions = _party(request), _decisions()
    found = run(party, decisions=decisions)
    decisions.save(party, found)
    return found


@operation(name="screen_decide", summary="Store why a match is not the party", method="POST", path="/v1/screenings/decisions", scope="write", read_only=False)
def decide(request: DecideRequest) -> Decision:
    """Store a decision; it sets the match aside until the entry changes. Raises LandedError NOT_FOUND where the entry does not match the party now."""
    from landed.compliance.list_site import lists_in_force
    from landed.compliance.screening import screen as run
    from landed.compliance.screening import screener_of
    from landed.schedule.site import data_folder
    from landed.store.actor import actor

    party = Party(request.name, request.country, kind=request.kind)
    match = next((m for m in run(party).matches if (m.list, m.entry) == (request.list, request.entry)), None)
    if match is None:
        raise LandedError("NOT_FOUND", f"no match with entry {request.entry[:40]!r} of {request.list[:20]!r}", where="entry", mend="Screen the party and take list and entry from a match.")
    entry = screener_of(data_folder(), tuple((f.file, f.sha256) for f in lists_in_force().files)).entry(match)
    return _decisions().decide(party, entry, request.because, actor().name)


@operation(name="screen_again", summary="Screen the saved parties again and show what changed", method="POST", path="/v1/screenings/again", scope="write", read_only=False)
def again(request: AgainRequest) -> Again:
    """Every saved party against the lists of now; only differences are shown, and become the new state. Raises what `screen` raises."""
    from landed.compliance.decisions import difference
    from landed.compliance.list_site import lists_in_force
    from landed.compliance.screening import screen as run

    decisions = _decisions()
    saved = decisions.saved()
    changed = []
    for party, before in saved.values():
        found = run(party, decisions=decisions)
        if (moved := difference(party, before, found)) is not None:
            changed.append(moved)
            decisions.save(party, found)
    lists = lists_in_force()
    return Again(len(saved), tuple(changed), lists.missing, lists.stale)


@operation(name="lists_status", summary="Which restricted-party lists are in force, how old, and which are missing", method="GET", path="/v1/lists", scope="read")
def status(request: AgainRequest) -> Lists:
    """The list files in force with day, hash and age in days; expected parts that nothing covers; files past their age."""
    from landed.compliance.list_site import lists_in_force

    return lists_in_force()


@operation(name="lists_import", summary="Put a restricted-party list in force at this site", method="POST", path="/v1/lists", scope="admin", read_only=False)
def import_(request: ListImportRequest) -> ListFile:
    """Import a list, whole or not at all; the list in force stays when anything is wrong.

    Raises LandedError FILE_NOT_FOUND, BAD_LIST (`reason`: empty, too_large, html, encoding, columns, row, not_json, not_xml, too_few, shrunk, grown, unknown, future), DATA_FOLDER.
    """
    from pathlib import Path

    from landed.compliance.list_site import import_list

    return import_list([Path(each) for each in request.files], request.kind, dated=request.dated, accept_shrink=request.accept_shrink)


@operation(name="lists_pull", summary="Download a restricted-party list from its publisher and put it in force", method="POST", path="/v1/lists/{kind}:pull", scope="admin", read_only=False)
def pull(request: ListPullRequest) -> ListFile:
    """Download and import a list; nothing changes when anything fails. Raises LandedError PULL_FAILED, BAD_LIST, DATA_FOLDER, INVALID_REQUEST."""
    from landed.compliance.list_site import pull as run

    return run(request.kind, accept_shrink=request.accept_shrink, timeout=float(request.timeout))


@operation(name="lists_roll_back", summary="Put the list before the last import in force again", method="POST", path="/v1/lists/{kind}:roll-back", scope="admin", read_only=False)
def roll_back(request: ListName) -> ListFile:
    """Go back to the list before the last import; raises LandedError NOTHING_TO_ROLL_BACK."""
    from landed.compliance.list_site import roll_back as run

    return run(request.kind)


def answers(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """The answer to each line `{id, name, country?, address?, kind?, identifier?}` of a stream, in order: `{id, outcome, matches, ...}`.

    A line that cannot be answered gives `{"id", "error", "line"}` in its place and the rest goes on; blank lines are skipped.
    """
    from landed.operations.jsonl import BOM, LONGEST_LINE, parse_request

    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        reference: Any = None
        try:
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                raise LandedError("LINE_TOO_LONG", f"expected at most {LONGEST_LINE:,} bytes in a line", where=f"line {number}", mend="Write one party a line.")
            if not line.strip().removeprefix(BOM).strip():
                continue
            raw = parse_request(line.strip(), f"line {number}")
            reference = raw.pop("id", None)
            yield {"id": _plain_id(reference), **_short(screen(_read(raw)))}
        except LandedError as error:
            yield {"id": _plain_id(reference), "error": error.to_dict(), "line": number}


def _read(raw: Mapping[str, Any]) -> ScreenRequest:
    from landed.operations.shape import read

    return read(ScreenRequest, raw)


def _plain_id(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _short(found: Screening) -> dict[str, Any]:
    from landed.operations.shape import plain

    whole = plain(found)
    return {key: whole[key] for key in ("outcome", "why", "matches", "missing", "stale", "set_aside") if key in ("outcome", "why", "matches") or whole[key]}


def _party(request: ScreenRequest) -> Party:
    return Party(request.name, request.country, request.address, request.kind, request.identifier)


def _decisions() -> Decisions:
    from landed.store.actor import actor

    return Decisions(actor().workspace)
