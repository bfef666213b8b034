"""`landed suppliers`: bring in, search, review doubles, score, ask for quotes, compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, percent, plural, print_json, table
from landed.errors import LandedError

app = typer.Typer(help="Who makes what where: bring in, search, tell doubles apart, score, ask for quotes and compare.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]


def _run(name: str, request: dict[str, Any], as_json: bool) -> Any:
    """The typed answer of an operation, or None where it was printed as JSON."""
    from landed.operations.registry import find
    from landed.operations.shape import plain

    found = find(name).run(request)
    if as_json:
        print_json(plain(found))
        return None
    return found


@app.command("template")
def template(out: Annotated[str, typer.Argument(help="Workbook to write.")], as_json: AsJson = False) -> None:
    """Write a workbook to fill in."""
    with answering(as_json):
        from landed.entry.files import write_aside
        from landed.operations.suppliers import template as sheets
        from landed.operations.tables import workbook

        write_aside(Path(out), workbook(sheets()))
        print_json({"written": out}) if as_json else typer.echo(f"Wrote {out}")


@app.command("import")
def import_(file: Annotated[str, typer.Argument(help="CSV, workbook or JSON of suppliers.")], as_json: AsJson = False) -> None:
    """Bring suppliers in; rows that cannot stand are told by cell, the others go in."""
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.shape import plain
        from landed.operations.suppliers import TABLES
        from landed.operations.tables import at_cells, read_tables

        document = read_tables(Path(file), TABLES)
        rows = document.data.get("suppliers") or document.data.get("production_locations") or ()
        with at_cells(document):
            found = find("suppliers_import").run({"suppliers": rows, "deliveries": document.data.get("deliveries") or (), "source": Path(file).name})
        for error in found.errors:
            error["where"] = document.place(error["where"])
        if as_json:
            print_json(plain(found))
            return
        typer.echo(f"{plural(found.rows, 'row')}: {found.suppliers_new} new, {found.suppliers_known} known; {plural(found.offers, 'offer')}, {found.evidence} pieces of evidence, {found.deliveries} deliveries.")
        if found.ignored_columns:
            typer.echo(f"Columns left out: {', '.join(found.ignored_columns)}.")
        for error in found.errors[:40]:
            typer.echo(f"  {error['where']}: {error['detail']}. {error['mend']}")
        if len(found.errors) > 40:
            typer.echo(f"  ... and {len(found.errors) - 40} more")


@app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="Words in any script.", show_default=False)] = "",
    country: Annotated[str, typer.Option("--country", help="Where the supplier sits.", show_default=False)] = "",
    origin: Annotated[str, typer.Option("--origin", help="Where an offer is made.", show_default=False)] = "",
    sku: Annotated[str, typer.Option("--sku", help="Product of an offer.", show_default=False)] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="Kind of evidence or scheme.", show_default=False)] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 20,
    as_json: AsJson = False,
) -> None:
    """Find suppliers by words and filters."""
    with answering(as_json):
        found = _run("suppliers_search", {"text": text, "country": country, "origin": origin, "sku": sku, "evidence": evidence, "limit": limit}, as_json)
        if found is None:
            return
        view = table()
        for name in ("No", "Name", "Sits in", "Makes in", "Address"):
            view.add_column(name)
        for row in found.rows:
            view.add_row(str(row.id), row.name + (f" {row.local_name}" if row.local_name else ""), row.country or "", ", ".join(row.origins), (row.address or "")[:60])
        out = console()
        out.print(view)
        out.print(f"{plural(len(found.rows), 'supplier')} by {found.matched}.", style="dim")


@app.command("show")
def show_(
    supplier: Annotated[int, typer.Argument(help="Number of the supplier.")],
    on: Annotated[str, typer.Option("--on", help="Day on which evidence and offers are judged; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Everything known of a supplier: sites, offers, who checked what until when, deliveries."""
    with answering(as_json):
        found = _run("suppliers_show", {"supplier": supplier} | ({"on": on} if on else {}), as_json)
        if found is None:
            return
        out = console()
        out.print(f"{found.id}  {found.name}{f' {found.local_name}' if found.local_name else ''}, {found.country or 'country not stated'}" + (f" [{found.flag}]" if found.flag else "") + (" (closed)" if found.closed else ""), markup=False)
        for site in found.sites:
            out.print(f"  site: {site.address or 'address not stated'}, {site.country or ''}", markup=False)
        for o in found.offers:
            prices = "; ".join(f"{units.normalize():f}: {price}" for units, price in o.breaks)
            out.print(f"  offer: {o.sku or 'goods not named'} made in {o.origin or 'not stated'}, {o.incoterm or 'no term'} {o.currency or 'currency not stated'} {prices}" + (f", at least {o.moq}" if o.moq else "") + (f", {o.lead_days} days" if o.lead_days else "") + (" (lapsed)" if o.lapsed else ""), markup=False)
        for e in found.evidence:
            out.print(f"  {e.kind.replace('_', ' ')}{f' {e.scheme}' if e.scheme else ''} by {e.issuer or 'an unnamed issuer'}, {e.valid_from or 'day not stated'} until {e.valid_to or 'not stated'}: {e.state}", markup=False)
        if not found.evidence:
            out.print("  nobody is recorded as having checked anything")
        for d in found.deliveries:
            late = "not delivered yet" if d.late_days is None else "on time" if d.late_days <= 0 else f"{plural(d.late_days, 'day')} late"
            out.print(f"  order {d.po}: {late}" + (f", {d.qty_ok} of {d.qty_total} good" if d.qty_total else ""), markup=False)


@app.command("flag")
def flag(
    supplier: Annotated[int, typer.Argument(help="Number of the supplier.")],
    words: Annotated[str, typer.Argument(help="What was found, such as a listed party; empty takes the flag away.")] = "",
    who: Annotated[str, typer.Option("--who", help="Who says so.")] = "",
    as_json: AsJson = False,
) -> None:
    """Flag a supplier after a screening: its score is then 0, whatever the parts."""
    with answering(as_json):
        found = _run("suppliers_flag", {"supplier": supplier, "flag": words, "who": who}, as_json)
        if found is not None:
            console().print(f"{found.name}: {found.flag or 'no flag'}", markup=False)


@app.command("score")
def score(
    supplier: Annotated[int, typer.Argument(help="Number of the supplier.")],
    on: Annotated[str, typer.Option("--on", help="Day on which evidence must be valid; default today.", show_default=False)] = "",
    need: Annotated[int, typer.Option("--need", help="Units of an order.", show_default=False)] = 0,
    certificate: Annotated[list[str], typer.Option("--certificate", help="A scheme that must be valid; repeatable.", show_default=False)] = [],
    as_json: AsJson = False,
) -> None:
    """A supplier's score out of 100 with every part shown."""
    with answering(as_json):
        request: dict[str, Any] = {"supplier": supplier, "need": need, "certificates": list(certificate)}
        found = _run("suppliers_score", request | ({"on": on} if on else {}), as_json)
        if found is None:
            return
        out = console()
        out.print(f"{found.name}: {found.total:g} of 100" + (f" ({found.gate})" if found.gate else ""))
        for part in found.parts:
            interval = f", 90% interval {part.low:.2f} to {part.high:.2f}" if part.low is not None else ""
            out.print(f"  {part.name}: {part.points:g} of {part.of:g} (n = {part.count}{interval}): {part.because}")


@app.command("review")
def review(
    decided: Annotated[bool, typer.Option("--decided", help="The decided pairs.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 20,
    as_json: AsJson = False,
) -> None:
    """Pairs that may be one supplier listed twice."""
    with answering(as_json):
        found = _run("suppliers_review", {"decided": decided, "limit": limit}, as_json)
        if found is None:
            return
        _show(found)


@app.command("decide")
def decide(
    pair: Annotated[int, typer.Argument(help="Number of the pair.")],
    decision: Annotated[str, typer.Argument(help="same, different or undo.")],
    who: Annotated[str, typer.Option("--who", help="Who decides.")],
    as_json: AsJson = False,
) -> None:
    """Say whether two suppliers are one, or take it back."""
    with answering(as_json):
        found = _run("suppliers_decide", {"pair": pair, "decision": decision, "who": who}, as_json)
        if found is not None:
            _show(found)


def _show(found: Any) -> None:
    out = console()
    out.print("Open: " + (", ".join(f"{n} {band}" for band, n in found.open.items()) or "none"))
    for p in found.pairs:
        out.print(f"{p.id}  {p.band} {p.score:g}: {p.name_a} ({p.address_a[:50]}) / {p.name_b} ({p.address_b[:50]}), {p.country}: {p.because}" + (f" [{p.decision}]" if p.decision else ""))


@app.command("rfq")
def rfq(
    file: Annotated[str, typer.Argument(help="What is asked, and quotes where there are: workbook (sheets RFQ, Quotes), YAML, JSON or TOML.")],
    out: Annotated[str, typer.Option("--out", help="Write the request as NAME.md and an empty quote sheet as NAME.xlsx.", show_default=False)] = "",
    overlay: Annotated[str, typer.Option("--overlay", help="Compare under a what-if.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for quotes; with quotes, compare them on landed cost per unit under the law of the arrival day."""
    with answering(as_json):
        from landed.entry.files import write_aside
        from landed.operations.registry import find
        from landed.operations.shape import plain
        from landed.operations.tables import at_cells, read_tables, workbook
        from landed.sourcing.network.quotes import QUOTE_HEADER

        document = read_tables(Path(file), ("quotes",), ("rfq",))
        if "rfq" not in document.data:
            raise LandedError("INVALID_QUOTES", "expected a table named rfq", where="rfq", mend="What is asked: sku, hts_code, units, arrival.")
        with at_cells(document):
            found = find("suppliers_rfq").run({"rfq": document.data["rfq"], "quotes": document.data.get("quotes") or (), "overlay": overlay or None})
        if out:
            stem = Path(out).with_suffix("")
            write_aside(stem.with_suffix(".md"), found.document.encode())
            write_aside(stem.with_suffix(".xlsx"), workbook({"Quotes": [list(QUOTE_HEADER)]}))
        if as_json:
            print_json(plain(found))
            return
        view = table()
        for name in ("Rank", "Supplier", "Origin", "Term"):
            view.add_column(name)
        for name in ("Price", "Freight", "Duty", "Rate", "Landed/unit"):
            view.add_column(name, justify="right")
        for q in found.quotes:
            view.add_row(str(q.rank), q.supplier, q.origin, q.incoterm, f"{q.unit_price}", _or(q.freight), _or(q.duty), percent(q.duty_rate_pct) if q.duty_rate_pct is not None else "", f"{q.landed_per_unit}" if q.landed_per_unit is not None else f"{q.known_per_unit} + {', '.join(q.unknown)}")
        page = console()
        if found.quotes:
            page.print(view)
            for q in found.quotes:
                for note in q.notes:
                    page.print(f"{q.supplier}: {note}", style="dim")
        else:
            page.print(found.document)


def _or(value: Any) -> str:
    return "unknown" if value is None else str(value)
