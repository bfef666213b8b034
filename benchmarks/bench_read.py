"""How well documents are read: numbers right by kind of paper with Wilson intervals, pages all right, seeded digit errors caught, time and memory.

`python benchmarks/bench_read.py [--seeds N] [--ways pdf,scan,...] [--start SEED]`. The papers are made by tests/invoices; their seeds were not used while the reader was written.
"""

from __future__ import annotations

import argparse
import math
import random
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from invoices import goods, layouts, measure, spoil
from landed.documents.checks import check
from landed.documents.read import read_file
from landed.errors import LandedError
from landed.operations.engine import engine

ERRORS_PER_PAPER = 25
MANY = 38  # lines of a paper of several pages
SEVERAL = ("classic", "german", "packing", "two_row_heads", "letterhead", "landscape")


def interval(right: int, of: int) -> str:
    """A share with its 95% Wilson interval."""
    if not of:
        return "none"
    z, p = 1.96, right / of
    middle, spread = (p + z * z / (2 * of)) / (1 + z * z / of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{100 * p:.2f}% [{100 * max(0, middle - spread):.2f}, {100 * min(1, middle + spread):.2f}] of {of:,}"


def paper(layout: str, seed: int, lines: int | None = None) -> tuple[bytes, goods.Paper]:
    """One paper of a layout, as PDF and truth."""
    dice = random.Random(seed)
    charges = layouts.CHARGED.get(layout, ()) or (("freight",) if dice.random() < 0.3 and layout not in ("packing", "two_currencies", "landscape") else ())
    made = goods.make(seed, lines or dice.randint(3, 12), layouts.CURRENCY.get(layout, "USD"), charges, dice.choice(["FOB", "EXW", "FCA", "CIF"]))
    return layouts.draw(made, layout)


def run(way: str, seeds: list[int], several: bool = False) -> list[tuple[bytes, Any, goods.Paper]]:
    """Reads every layout and prints what was right; gives the readings."""
    right = total = texts = texts_total = whole = 0
    words = [0, 0, 0]
    times: list[float] = []
    used: list[float] = []
    readings = []
    for number, layout in enumerate(SEVERAL if several else layouts.STYLES):
        for seed in seeds:
            pdf, truth = paper(layout, seed * 100 + number, MANY if several else None)
            pages = [pdf] if way == "pdf" else [spoil.WAYS[way](picture, seed + number) for picture in spoil.pictures(pdf)]
            if several and way != "pdf":
                pages = [_together(pages)]
            for data in pages[:1]:
                began, busy = time.perf_counter(), time.process_time()
                try:
                    reading = read_file(data, layout, engine())
                except LandedError as error:
                    print(f"  {way} {layout} {seed}: {error.code}")
                    total += len(truth.numbers())
                    texts_total += 7
                    continue
                times.append((time.perf_counter() - began) / max(1, len(reading.pages)))
                used.append((time.process_time() - busy) / max(1, len(reading.pages)))
                words = [a + b for a, b in zip(words, measure.words_right(reading, truth), strict=True)]
                a, b, wrong = measure.numbers_right(reading, truth)
                c, d, other = measure.texts_right(reading, truth)
                right, total, texts, texts_total = right + a, total + b, texts + c, texts_total + d
                whole += not wrong
                readings.append((data, reading, truth))
                if wrong or other:
                    print(f"  {way} {layout} {seed}: {'; '.join([*wrong[:4], *other[:3]])}{' ...' if len(wrong) > 4 else ''}", flush=True)
    name = f"{way}{', several pages' if several else ''}"
    print(f"{name}: numbers {interval(right, total)}; papers all right {whole} of {len(times)}; other fields {interval(texts, texts_total)}; words of descriptions, F1 {200 * words[0] / max(1, words[1] + words[2]):.2f}% of {words[2]:,}; a page {statistics.median(times):.2f} s, of processors {statistics.median(used):.2f} s", flush=True)
    return readings


def _together(pages: list[bytes]) -> bytes:
    """Scanned pages as one TIFF."""
    import io

    from PIL import Image

    pictures = [Image.open(io.BytesIO(page)) for page in pages]
    out = io.BytesIO()
    pictures[0].save(out, "TIFF", save_all=True, append_images=pictures[1:], compression="jpeg")
    return out.getvalue()


def digit_errors(readings: list[tuple[bytes, Any, goods.Paper]]) -> None:
    """One digit of one number changed at a time: whether a check fails, whether it names the field, and what is proposed."""
    dice = random.Random(7)
    caught = named = seeded = proposed = proposed_right = 0
    by_kind: dict[str, list[int]] = {}
    for _, reading, truth in readings:
        values = {f.id: f.value for f in reading.fields}
        if any(c.status == "fails" for c in check(values, reading.lines).checks):
            continue
        fields = [name for name in truth.numbers() if not name.endswith(".code") and name in values]
        for name in dice.choices(fields, k=ERRORS_PER_PAPER):
            places = [i for i, digit in enumerate(values[name]) if digit.isdigit()]
            place = dice.choice(places)
            digit = dice.choice([d for d in "0123456789" if d != values[name][place]])
            verdict = check({**values, name: values[name][:place] + digit + values[name][place + 1 :]}, reading.lines)
            seeded += 1
            hit = any(c.status == "fails" for c in verdict.checks)
            caught += hit
            named += name in verdict.suspects
            kind = name.rpartition(".")[2] if name.startswith("lines.") else "sums"
            by_kind.setdefault(kind, [0, 0])
            by_kind[kind][0] += hit
            by_kind[kind][1] += 1
            for proposal in verdict.proposals:
                proposed += 1
                proposed_right += proposal.field == name and proposal.value == values[name]
    print(f"digit errors: caught {interval(caught, seeded)}; the field named {interval(named, seeded)}; proposals right {interval(proposed_right, proposed)}")
    print("  by kind: " + ", ".join(f"{kind} {hit} of {of}" for kind, (hit, of) in sorted(by_kind.items())))


def codes(seeds: list[int]) -> None:
    """Whether classify finds the same six digits from the words of a scan as from those of the text layer, with listings that no generator of ours holds."""
    import json

    from landed.operations.registry import find

    told: dict[str, str] = {}

    def six(text: str) -> str:
        if text not in told:
            try:
                answer = find("classify").answer_json({"text": text})
            except LandedError:  # words run together are no words
                answer = {"candidates": []}
            told[text] = "".join(c for c in str((answer["candidates"] or [{}])[0].get("hts_code", "")) if c.isdigit())[:6]
        return told[text]

    listings = [json.loads(line) for line in (Path(__file__).parent / "classify_own" / "home_technical.jsonl").read_text(encoding="utf-8").splitlines()]
    plain = [(" ".join(each["text"].split()[:6])[:38].strip(), each["code"], "pcs") for each in listings if each["text"].isascii()]
    kept, goods.GOODS = goods.GOODS, tuple(random.Random(5).sample(plain, 90))
    try:
        for way in ("scan", "degraded", "photo"):
            same = right_text = right_scan = of = 0
            words = [0, 0, 0]
            for number, layout in enumerate(("classic", "typed", "german", "letterhead", "code_below")):
                for seed in seeds[:1]:
                    pdf, truth = layouts.draw(goods.make(seed * 100 + number, 9, layouts.CURRENCY.get(layout, "USD")), layout)
                    pages = [read_file(pdf, layout, engine()), read_file(spoil.WAYS[way](spoil.pictures(pdf)[0], seed + number), layout, engine())]
                    words = [a + b for a, b in zip(words, measure.words_right(pages[1], truth), strict=True)]
                    for n, line in enumerate(truth.lines, 1):
                        text, scan = (six(page.value(f"lines.{n}.description") or "nothing") for page in pages)
                        of += 1
                        same, right_text, right_scan = same + (text == scan), right_text + (text == line.code[:6]), right_scan + (scan == line.code[:6])
            print(f"six digits by classify, {way}: the same from scan and text {interval(same, of)}; right from text {right_text}, from scan {right_scan}; words F1 {200 * words[0] / (words[1] + words[2]):.2f}%", flush=True)
    finally:
        goods.GOODS = kept


def main() -> None:
    """All kinds of paper."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--start", type=int, default=500)
    parser.add_argument("--ways", default="pdf,scan,degraded,turned,photo,codes")
    given = parser.parse_args()
    seeds = list(range(given.start, given.start + given.seeds))
    for way in given.ways.split(","):
        if way == "codes":
            codes(seeds)
        elif way == "pdf":
            clean = run("pdf", list(range(given.start, given.start + max(10, given.seeds))))
            digit_errors(clean)
            run("pdf", seeds[:2], several=True)
        else:
            run(way, seeds)
            if way in ("scan", "degraded"):
                run(way, seeds[:1], several=True)
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
