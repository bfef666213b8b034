"""`landed estimate`: JSON in, JSON out; a stream goes on past its bad lines, exactly, in order, in little memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from landed.operations.jsonl import LONGEST_LINE, answers, parse_request

Run = Callable[..., Any]
TOYS = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000", "entry_date": "2025-04-09"}


def lines(*rows: object) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows) + b"\n"


def test_one_request_from_a_file_or_from_standard_input_gives_one_answer(landed: Run, tmp_path: Path) -> None:
    file = tmp_path / "toys.json"
    file.write_text(json.dumps(TOYS), encoding="utf-8")
    assert landed("estimate", str(file)).json["totals"]["duty"] == "10400.00"
    assert landed("estimate", "-", input=json.dumps(TOYS)).json == landed("estimate", str(file)).json


def test_answers_of_a_stream_stand_in_the_order_of_its_lines_and_bad_lines_keep_their_place(landed: Run) -> None:
    found = landed(
        "estimate", "--jsonl", "-",
        input=lines(
            {**TOYS, "reference": "first"}, b"{bad", b"[]", b'{"customs_value": NaN}', b"null", b"", b"   ",
            {**TOYS, "hts_code": "1", "reference": "short"}, b"\xff\xfe", b'"text"', {**TOYS, "reference": "last"},
        ),
    )  # fmt: skip
    assert found.code == 0
    rows = [json.loads(line) for line in found.out.splitlines()]
    assert [row.get("error", {}).get("code") for row in rows] == [None, "BAD_JSON", "INVALID_REQUEST", "BAD_JSON", "INVALID_REQUEST", "INVALID_CODE", "BAD_JSON", "INVALID_REQUEST", None]
    assert [row.get("line") for row in rows] == [None, 2, 3, 4, 5, 8, 9, 10, None]
    assert [row.get("reference") for row in rows] == ["first", None, None, None, None, "short", None, None, "last"]


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    text = b"\xef\xbb\xbf" + lines(TOYS, TOYS).replace(b"\n", b"\r\n")
    assert [row["totals"]["duty"] for row in answers(io.BytesIO(text))] == ["10400.00", "10400.00"]


def test_a_last_line_without_its_line_end_is_answered() -> None:
    assert len(list(answers(io.BytesIO(lines(TOYS, TOYS).rstrip(b"\n"))))) == 2


def test_numbers_are_read_exactly() -> None:
    found = parse_request(b'{"customs_value": 0.1, "big": 12345678901234567890.123456789}')
    assert found["customs_value"] == Decimal("0.1")
    assert found["big"] == Decimal("12345678901234567890.123456789")
    cents = next(answers(io.BytesIO(b'{"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": 1234567.87, "entry_date": "2025-04-09"}\n')))
    assert cents["totals"]["duty"] == "1283950.58"  # 246,913.57 + 1,037,037.01


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 5000, b"1" + b"0" * 20, b"-1", b"0"])
def test_an_absurd_number_is_an_error_of_its_line(number: bytes) -> None:
    row = next(answers(io.BytesIO(lines(TOYS).replace(b'"10000"', number))))
    assert row["error"]["code"] == "INVALID_VALUE" and row["line"] == 1


def test_a_line_past_the_limit_is_refused_without_being_held_and_the_next_is_answered() -> None:
    class Endless(io.RawIOBase):
        """Fifty million bytes without a line end, then one good request."""

        left = 50_000_000
        tail = b"\n" + lines(TOYS)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), 65536)
            if self.left > 0:
                size = min(size, self.left)
                self.left -= size
                buffer[:size] = b"x" * size
                return size
            piece, self.tail = self.tail[:size], self.tail[size:]
            buffer[: len(piece)] = piece
            return len(piece)

    import tracemalloc

    stream = io.BufferedReader(Endless())
    first = answers(stream)
    tracemalloc.start()
    row = next(first)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert row["error"]["code"] == "LINE_TOO_LONG" and row["line"] == 1
    assert peak < 5 * LONGEST_LINE
    assert next(first)["totals"]["duty"] == "10400.00"


def test_deep_nesting_is_an_error_of_its_line() -> None:
    row = next(answers(io.BytesIO(b"[" * 200_000 + b"\n")))
    assert row["error"]["code"] == "BAD_JSON"


def test_answers_come_while_the_stream_is_still_open() -> None:
    class Watched(io.BytesIO):
        reads = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().readline(size)

    stream = Watched(lines(*[TOYS] * 50))
    found = answers(stream)
    next(found)
    assert stream.reads == 1


def test_a_ban_is_an_answer_and_not_an_error_of_the_line() -> None:
    from landed.operations.engine import engine

    bans = [m for m in engine().law.measures if m.effect == "prohibit" and m.status == "law"]
    if not bans:
        pytest.skip("no import ban is in the pack")
    ban = bans[0]
    code = next(row.code for name in ban.goods.lists for row in engine().law.lists[name]) if ban.goods.lists else ban.goods.codes[0]
    lines_ = engine().schedule.lines(ban.from_).codes
    line = next(f"{number:010d}" for number in lines_.tolist() if f"{number:010d}".startswith(code))
    row = next(answers(io.BytesIO(lines({**TOYS, "hts_code": line, "country_of_origin": ban.origins.members[0], "entry_date": ban.from_.isoformat()}))))
    assert row["status"] == "refused" and row["error"]["code"] == "IMPORT_PROHIBITED" and "line" not in row
    assert row["totals"]["duty"] is None


@pytest.mark.parametrize("arguments", [(), ("a.json", "--jsonl", "b.jsonl")])
def test_one_of_file_and_jsonl_is_asked_for(landed: Run, arguments: tuple[str, ...]) -> None:
    found = landed("estimate", *arguments)
    assert found.code == 2 and json.loads(found.err)["error"]["code"] == "INVALID_REQUEST"


def test_a_missing_file_and_bad_json_are_errors_with_a_code(landed: Run) -> None:
    missing, bad = landed("estimate", "nowhere.json"), landed("estimate", "-", input="{")
    assert (missing.code, json.loads(missing.err)["error"]["code"]) == (2, "FILE_NOT_FOUND")
    assert (bad.code, json.loads(bad.err)["error"]["code"]) == (2, "BAD_JSON")
