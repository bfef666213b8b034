"""`landed check`: deadlines, the security filing, the bond."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, money, print_found, read_pairs, run_operation, table
from landed.errors import LandedError

app = typer.Typer(help="Papers and dates: deadlines, security filing, bond.", no_args_is_help=True)


@app.command("goods")
def goods(
    code: Annotated[str, typer.Argument(help="Tariff code of 2 to 10 digits.", show_default=False)],
    origin: Annotated[str, typer.Option("--from", help="Country of origin.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Day of entry; default today.", show_default=False)] = "",
    answers: Annotated[list[str], typer.Option("--answer", help="question=words; repeatable.", show_default=False)] = [],
    as_json: AsJson = False,
) -> None:
    """What agencies and laws may ask of goods: flags, marking, forced labour, possible orders.

    landed check goods 6109.10.00.12 --from CN --answer forced_labour.1="cotton of Texas, spun in Vietnam"
    """
    with answering(as_json):
        found = run_operation("requirements", {"hts_code": code, "country_of_origin": origin, "on": on or None, "answers": read_pairs(answers, "ANSWER")})
        if as_json:
            print_found(found)
            return
        view = table()
        view.add_column("State")
        view.add_column("What", ratio=1)
        view.add_column("Rests on")
        for item in found.items:
            lines = [f"{item.agency + ': ' if item.agency else ''}{item.title}", f"because: {item.because}"]
            lines += [f"- {paper}" for paper in item.documents]
            lines += [f"? {q.id}: {q.text}" + (f" -> {q.answer}" if q.answer else "") for q in item.questions]
            view.add_row(item.state, "\n".join(lines), "; ".join(item.citation) + ("" if item.verified else " (unverified)"))
        console().print(view)
        console().print(f"{found.open_questions} questions open. " + " ".join(found.warnings))


@app.command("risk")
def risk(
    file: Annotated[str, typer.Argument(help="JSON list of products: name, hts_code, country_of_origin, value_per_year, supplier, share_of_spend_pct, ...", show_default=False)],
    weight: Annotated[list[str], typer.Option("--weight", help="part=weight; repeatable.", show_default=False)] = [],
    on: Annotated[str, typer.Option("--on", help="Day of the reckoning; default today.", show_default=False)] = "",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draws that test the order.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Risk bands of what you buy from whom, with dollars, and how stable their order is.

    landed check risk products.json --weight concentration=4
    """
    with answering(as_json):
        found = run_operation("risk", {"products": read_products(file, "FILE"), "weights": read_pairs(weight, "WEIGHT"), "on": on or None, "seed": seed})
        if as_json:
            print_found(found)
            return
        out = console()
        for row in found.risks:
            span = "" if row.band_low == row.band_high else f" ({row.band_low} to {row.band_high}: {len(row.unknown)} parts unknown)"
            out.print(f"{row.name}: {row.band}{span}" + (f", up to {money(row.dollars_at_risk)} a year in question" if row.dollars_at_risk is not None else ""), style="bold")
            for part in row.parts:
                level = "?" if part.level is None else str(part.level)
                out.print(f"  {level} {part.title}: {part.found}" + (f", {money(part.dollars)}" if part.dollars is not None else "") + f" ({part.source})", markup=False)
        for pair in found.pairs:
            word = "too close to call" if pair.too_close else "stands"
            out.print(f"{pair.first} before {pair.second}: {word} ({pair.share * 100:.0f}% of {found.draws:,} draws)", style="dim")


@app.command("care")
def care(
    subject: Annotated[str, typer.Argument(help="Product or entry, as you name it.", show_default=False)],
    answers: Annotated[list[str], typer.Option("--answer", help="question=yes, no, expert or not applicable; repeatable.", show_default=False)] = [],
    evidence: Annotated[str, typer.Option("--evidence", help="Where the papers of these answers stand.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """The reasonable-care record of a product or an entry: 38 questions, what is answered, what needs an expert.

    landed check care PUZZLE-500 --answer classification.1=yes --evidence "file 12"
    """
    with answering(as_json):
        given = {name: {"state": state, "evidence": evidence} for name, state in read_pairs(answers, "--answer").items()}
        found = run_operation("care_answer", {"subject": subject, "answers": given}) if given else run_operation("care_record", {"subject": subject})
        if as_json:
            print_found(found)
            return
        out, head = console(), ""
        for q in found.questions:
            if q.head != head:
                head = q.head
                out.print(head, style="bold")
            said = f"{q.state}{f', {q.evidence}' if q.evidence else ''} ({q.who}, {q.at[:10]})" if q.state else "open"
            out.print(f"  {q.id}: {q.text} [{said}]", markup=False)
        out.print(found.summary, style="bold")


@app.command("deadlines")
def deadlines(
    events: Annotated[list[str], typer.Argument(help="entry_date=DAY, liquidation_date=DAY, ...", show_default=False)],
    roll: Annotated[str, typer.Option("--roll", help="Closed days become the working day `before`, stay (`none`), or become the `next`.")] = "before",
    extended: Annotated[bool, typer.Option("--extended", help="Liquidation was extended.")] = False,
    reference: Annotated[str, typer.Option("--reference", help="Your own name for the entry.", show_default=False)] = "",
    ics: Annotated[str, typer.Option("--ics", help="Write them as an iCalendar file.", show_default=False)] = "",
    today: Annotated[str, typer.Option("--today", help="Day from which days left are counted; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Deadlines that hang on the days of an entry.

    landed check deadlines entry_date=2026-03-02 liquidation_date=2027-01-10 --ics entry.ics
    """
    with answering(as_json):
        found = run_operation("deadlines", {"events": read_pairs(events, "EVENT"), "roll": roll, "liquidation_extended": extended, "reference": reference, "today": today or None})
        if ics:
            from landed.entry.files import write_aside

            write_aside(Path(ics), found.calendar.encode())
        if as_json:
            print_found(found)
            return
        view = table()
        for head in ("Day", "Left"):
            view.add_column(head)
        view.add_column("What", ratio=1)
        view.add_column("Rests on")
        for row in found.deadlines:
            notes = [f"counted {row.counted}, {row.closed}" if row.day != row.counted else row.closed, row.estimated]
            view.add_row(str(row.day), f"{row.days_left} d" if row.days_left >= 0 else "past", row.title + "".join(f" ({n})" for n in notes if n), row.citation + ("" if row.verified else " [unverified]"))
        console().print(view)


@app.command("isf")
def isf(
    loading: Annotated[str, typer.Option("--loading", help="Moment of loading with its zone, 2026-12-01T18:00+08:00.", show_default=False)],
    arrival: Annotated[str, typer.Option("--arrival", help="Arrival at the first US port.", show_default=False)] = "",
    departure: Annotated[str, typer.Option("--departure", help="Departure of the vessel; default loading.", show_default=False)] = "",
    given: Annotated[list[str], typer.Option("--given", help="element=value; repeatable.", show_default=False)] = [],
    now: Annotated[str, typer.Option("--now", help="Moment hours are counted from; default now.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """The Importer Security Filing: what is due, hours left, what is missing."""
    with answering(as_json):
        found = run_operation("isf_check", {"loading": loading, "arrival": arrival, "departure": departure, "given": read_pairs(given, "--given"), "now": now})
        if as_json:
            print_found(found)
            return
        out = console()
        out.print(f"{found.complete_pct}% complete, file by {found.file_by} ({found.hours_left} hours left). A violation may cost ${found.damages_usd:,}.", style="bold")
        view = table()
        for head in ("Element", "By", "State", "Due", "Hours left"):
            view.add_column(head)
        for row in found.elements:
            view.add_row(row.title, row.filer, row.state, row.due or "unknown", "unknown" if row.hours_left is None else f"{row.hours_left:g}")
        out.print(view)


@app.command("bond")
def bond(
    duties: Annotated[str, typer.Option("--duties", help="Duties, taxes and fees of the last twelve months.", show_default=False)] = "",
    amount: Annotated[str, typer.Option("--bond", help="Amount of the continuous bond.", show_default=False)] = "",
    products: Annotated[str, typer.Option("--products", help="JSON file: [{hts_code, country_of_origin, value_per_year}].", show_default=False)] = "",
    overlay: Annotated[list[str], typer.Option("--overlay", help="A what-if; repeatable.", show_default=False)] = [],
    on: Annotated[str, typer.Option("--on", help="Day from which the new pace runs; default today.", show_default=False)] = "",
    single_value: Annotated[str, typer.Option("--single-value", help="Value of a single entry.", show_default=False)] = "",
    restricted: Annotated[bool, typer.Option("--restricted", help="Another agency restricts the goods of the single entry.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether the bond suffices, and the month in which it no longer does."""
    with answering(as_json):
        rows = read_products(products, "--products") if products else None
        found = run_operation("bond_check", {"bond": amount or None, "duties": duties or None, "products": rows, "overlays": overlay or None, "on": on or None, "single_value": single_value or None, "restricted": restricted})
        if as_json:
            print_found(found)
            return
        out = console()
        if found.needed_usd is not None:
            word = "" if found.sufficient is None else ": sufficient" if found.sufficient else f": too small, {found.cure_days} days to cure after notice"
            out.print(f"Continuous bond asked for: {money(found.needed_usd)}{word}.", style="bold")
        for row in found.outlooks:
            when = "suffices all year" if row.month is None else "falls short already" if row.months == 0 else f"no longer suffices from {row.month:%B %Y}"
            out.print(f"{row.law}: duties of {money(row.duties_usd)} a year ask for {money(row.needed_usd)}; the bond {when}.")
        if found.single_usd is not None:
            out.print(f"Single transaction bond: {money(found.single_usd)}.")
        for each in found.unpriced:
            out.print(f"{each}: the duty is unknown, so no outlook is given.")
        out.print(f"{found.citation}{'' if found.verified else ' [unverified]'}", style="dim")


def read_products(path: str, where: str) -> list[Any]:
    """A list of products from a JSON file; raises LandedError FILE_NOT_FOUND or BAD_JSON."""
    import json

    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"), parse_float=str)
    except OSError:
        raise LandedError("FILE_NOT_FOUND", f"expected a file of products, found none called {Path(path).name!r}", where=where, mend="Check the path.") from None
    except ValueError as error:
        raise LandedError("BAD_JSON", f"expected a JSON list, got text that is not JSON: {str(error)[:100]}", where=where, mend="Write [{...}, ...].") from None
    if not isinstance(found, list):
        raise LandedError("BAD_JSON", "expected a JSON list of products", where=where, mend="Write [{...}, ...].")
    return found
