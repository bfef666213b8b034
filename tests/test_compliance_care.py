"""The reasonable-care record: counts, newest answers, nothing overwritten, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.compliance.care import answer, record
from landed.errors import LandedError


def test_it_counts_what_is_answered_and_what_needs_an_expert(tmp_path: Path) -> None:
    path = tmp_path / "care.jsonl"
    assert record("PUZZLE", path).summary == "answered 0 of 38"
    found = answer("PUZZLE", {"value.1": "yes", "value.2": {"state": "expert", "words": "royalties"}, "origin.1": "no", "marking.2": "not applicable"}, "Ann", path)
    assert found.summary == "answered 3 of 38, 1 needs an expert, 1 answered no"
    assert "compliant" not in found.summary
    assert record("OTHER", path).answered == 0


def test_the_newest_answer_counts_and_the_older_one_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "care.jsonl"
    answer("PUZZLE", {"value.1": "no"}, "Ann", path)
    found = answer("PUZZLE", {"value.1": {"state": "yes", "evidence": "file 12"}}, "Bo", path)
    question = next(q for q in found.questions if q.id == "value.1")
    assert (question.state, question.evidence, question.who) == ("yes", "file 12", "Bo")
    assert len(path.read_text().splitlines()) == 2
    with path.open("a") as file:
        file.write('{"subject": "PUZZLE", "question": "val')  # cut by a crash
    assert record("PUZZLE", path).answered == 1


@pytest.mark.parametrize("answers", [{"value.1": "yes", "value.99": "yes"}, {"value.1": "yes", "value.2": "perhaps"}])
def test_a_wrong_answer_stores_none_of_them(tmp_path: Path, answers: dict[str, str]) -> None:
    with pytest.raises(LandedError):
        answer("PUZZLE", answers, "Ann", tmp_path / "care.jsonl")
    assert not (tmp_path / "care.jsonl").exists()
