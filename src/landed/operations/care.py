"""The reasonable-care record: questions, answers with evidence, who and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from landed.compliance.care import CareRecord
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class CareRequest:
    """Whose record to show."""

    subject: Annotated[str, "product or entry, as you name it"]


@dataclass(frozen=True, slots=True)
class CareAnswerRequest:
    """Answers to add to a record; earlier ones stay in the file."""

    subject: Annotated[str, "product or entry, as you name it"]
    answers: Annotated[dict[str, Any], "{question: yes, no, expert or not applicable}, or {question: {state, words, evidence}}"]


@operation(name="care_record", summary="The reasonable-care record of a product or an entry", method="POST", path="/v1/care", scope="read")
def care_record(request: CareRequest) -> CareRecord:
    """Every question with its newest answer, evidence, who and when, and "answered 31 of 38, 4 need an expert". It never says that care was enough. Raises LandedError INVALID_REQUEST."""
    from landed.compliance.care import record

    if not request.subject.strip() or len(request.subject) > 200:
        raise LandedError("INVALID_REQUEST", "expected what the record is of, 1 to 200 characters", where="subject", mend="Name the product or entry.")
    return record(request.subject)


@operation(name="care_answer", summary="Answer questions of a reasonable-care record", method="POST", path="/v1/care/answers", scope="write", read_only=False)
def care_answer(request: CareAnswerRequest) -> CareRecord:
    """Adds answers with who and when; nothing earlier is overwritten. Raises LandedError UNKNOWN_QUESTION, INVALID_REQUEST, DATA_FOLDER."""
    from landed.compliance.care import answer
    from landed.store.actor import actor

    return answer(request.subject, request.answers, actor().name)
