"""The reasonable-care record of a product or an entry: which questions somebody answered, with what evidence; never "compliant"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landed.compliance.calendar_days import facts
from landed.compliance.row_file import append_row, read_rows
from landed.errors import LandedError
from landed.schedule.site import data_folder

STATES = ("yes", "no", "expert", "not applicable")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class CareQuestion:
    """One question and its newest answer: `state` yes, no, expert (somebody must be asked), not applicable, or "" while open."""

    id: str
    head: str
    text: str
    state: str
    words: str
    evidence: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class CareRecord:
    """The record of one subject. `summary` reads "answered 31 of 38, 4 need an expert"; nothing here says that care was enough."""

    subject: str
    questions: tuple[CareQuestion, ...]
    answered: int
    total: int
    need_expert: int
    answered_no: int
    summary: str
    citation: tuple[str, ...]
    verified: bool


def record(subject: str, path: Path | None = None) -> CareRecord:
    """The record of a subject as it stands."""
    book = facts("care")
    newest: dict[str, dict[str, Any]] = {}
    for row in read_rows(path or _path()):
        if row.get("subject") == subject:
            newest[str(row.get("question"))] = row
    questions = []
    for head in book["heads"]:
        for number, text in enumerate(head["questions"], 1):
            name = f"{head['id']}.{number}"
            row = newest.get(name, {})
            questions.append(CareQuestion(name, str(head["title"]), str(text), *(str(row.get(key, "")) for key in ("state", "words", "evidence", "who", "at"))))
    answered = sum(bool(q.state) and q.state != "expert" for q in questions)
    expert, no = sum(q.state == "expert" for q in questions), sum(q.state == "no" for q in questions)
    need = f", {expert} need{'s' if expert == 1 else ''} an expert" if expert else ""
    short = f", {no} answered no" if no else ""
    return CareRecord(subject, tuple(questions), answered, len(questions), expert, no, f"answered {answered} of {len(questions)}{need}{short}", tuple(book["cite"]), bool(book["verified"]))


def answer(subject: str, answers: Mapping[str, Any], who: str, path: Path | None = None) -> CareRecord:
    """Add answers: {question: state} or {question: {state, words, evidence}}. All or none is stored. Raises LandedError UNKNOWN_QUESTION, INVALID_REQUEST, DATA_FOLDER."""
    if not subject.strip() or len(subject) > 200:
        raise LandedError("INVALID_REQUEST", "expected what the record is of, 1 to 200 characters", where="subject", mend="Name the product or entry.")
    known = {f"{head['id']}.{n}" for head in facts("care")["heads"] for n in range(1, len(head["questions"]) + 1)}
    rows, now = [], datetime.now(UTC).isoformat(timespec="seconds")
    for name, raw in answers.items():
        if name not in known:
            raise LandedError("UNKNOWN_QUESTION", f"the record has no question {str(name)[:40]!r}", where="answers", mend="`landed check care SUBJECT` lists them.")
        said = raw if isinstance(raw, Mapping) else {"state": raw}
        state = {"true": "yes", "false": "no"}.get(str(said.get("state", "")).strip().lower(), str(said.get("state", "")).strip().lower())
        if state not in STATES:
            raise LandedError("INVALID_REQUEST", f"expected {', '.join(STATES)}, got {state[:30]!r}", where=f"answers.{name}", mend="Choose one.")
        rows.append({"subject": subject, "question": name, "state": state, "words": str(said.get("words") or "")[:LONGEST], "evidence": str(said.get("evidence") or "")[:LONGEST], "who": who, "at": now})
    for row in rows:
        append_row(path or _path(), row)
    return record(subject, path)


def _path() -> Path:
    return data_folder() / "compliance" / "care.jsonl"
