"""`landed demo`: one product on the day of the highest duty, today, and from elsewhere; what is asked; where the law ends."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from landed.doors.cli.quote_view import ask, head, lines
from landed.doors.cli.terminal import answering, change, console, money, percent, plural, table


def run() -> None:
    """Print the demonstration."""
    with answering(False):
        import yaml

        from landed.operations.compare import compare
        from landed.operations.estimate import estimate
        from landed.operations.law import NoFields, coverage

        case: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "demo.yaml").read_text(encoding="utf-8"))
        goods = case["goods"]
        today = date.today()
        out = console()

        out.rule(f"{case['name']}, entered {case['day']}", align="left")
        then = estimate(_on(goods, case["day"]))
        head(then, out)
        lines(then, out)

        out.print()
        out.rule("The same shipment today", align="left")
        now = estimate(_on(goods, today))
        head(now, out, titled=False)
        lines(now, out)
        if then.totals.duty is not None and now.totals.duty is not None:
            out.print(f"Against {case['day']}: {change(now.totals.duty - then.totals.duty)}.", style="bold")

        out.print()
        out.rule("From elsewhere", align="left")
        origins = [goods["country_of_origin"], *case["elsewhere"]]
        rows = table()
        rows.add_column("Made in")
        for day in (case["day"], today):
            rows.add_column(str(day), justify="right")
        rows.add_column("Why, today")
        asked = {k: v for k, v in goods.items() if k != "country_of_origin"}
        by_day = [{r.country_of_origin: r for r in compare(_on({**asked, "origins": origins}, day)).rows} for day in (case["day"], today)]
        for origin in origins:
            pair = [found[origin] for found in by_day]
            rows.add_row(pair[0].name, *(f"{money(r.duty)} ({percent(r.effective_rate_pct)})" for r in pair), pair[1].because)
        out.print(rows)

        worth = [(q.change_usd, found, q) for found in (then, now) for q in found.questions if q.change_usd]
        if worth:
            _, found, question = max(worth, key=lambda row: row[0])
            out.rule(f"A question and its worth (entered {found.entry_date})", align="left")
            ask(question, out)
            out.print()

        ends = coverage(NoFields())
        out.rule("Where the law pack ends", align="left")
        out.print(f"verified_through {ends.verified_through}: official text was read up to that day. {plural(ends.programmes, 'programme')}, {plural(ends.measures, 'measure')}.")
        out.print(f"Answers are given for entries from {ends.covers_from} to {ends.covers_to}; later law that nobody has read is a warning, never a silence.")
        out.print()
        out.print("Next: landed quote 9503.00.00.73 --from CN --value 10000 --explain", style="dim")


def _on(goods: dict[str, Any], day: date) -> Any:
    """A request for the goods on a day."""
    return {**goods, "entry_date": day.isoformat()}
