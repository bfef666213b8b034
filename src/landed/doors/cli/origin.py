"""`landed origin`: regional value content, the guide by questions, signs of transshipment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, money, print_found, read_pairs, run_operation, table

app = typer.Typer(help="Where goods originate: value content, a guide by questions, signs of transshipment.", no_args_is_help=True)


@app.command("rvc")
def rvc(
    file: Annotated[Path, typer.Argument(help="Bill of materials: .csv, .xlsx, .json or .toml with description, hts_code, country, value, originating.", show_default=False)],
    transaction_value: Annotated[str, typer.Option("--transaction-value", help="Price of one unit less international shipping, US dollars.", show_default=False)] = "",
    net_cost: Annotated[str, typer.Option("--net-cost", help="Total cost of one unit less promotion, royalties, shipping, packing.", show_default=False)] = "",
    required_tv: Annotated[str, typer.Option("--required-tv", help="Percent the rule asks by transaction value.", show_default=False)] = "",
    required_nc: Annotated[str, typer.Option("--required-nc", help="Percent the rule asks by net cost.", show_default=False)] = "",
    rule: Annotated[str, typer.Option("--rule", help="Change of classification: CC, CTH or CTSH.", show_default=False)] = "",
    code: Annotated[str, typer.Option("--code", help="Tariff code of the article; needed with --rule.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Regional value content of one unit by both methods (USMCA).

    landed origin rvc bom.csv --transaction-value 48.00 --required-tv 60 --rule CTH --code 8504.40.95
    """
    with answering(as_json):
        from landed.operations.tables import read_tables

        rows = read_tables(file, ("materials",)).data.get("materials") or []
        found = run_operation(
            "regional_value",
            {"materials": rows, "transaction_value": transaction_value or None, "net_cost": net_cost or None, "required_tv": required_tv or None, "required_nc": required_nc or None, "rule": rule, "code": code},
        )
        if as_json:
            print_found(found)
            return
        view = table()
        view.add_column("Material", ratio=1)
        for head in ("Code", "From", "Value", "Originates", "Changes"):
            view.add_column(head)
        words = {True: "yes", False: "no", None: "not known"}
        for m in found.materials:
            view.add_row(m.description, m.hts_code, m.country, money(m.value), words[m.originating], words[m.shifts] if found.shift_rule else "")
        console().print(view)
        for method in found.methods:
            span = f"{method.least_pct}%" if method.least_pct == method.most_pct else f"{method.least_pct}% to {method.most_pct}%"
            asked = f", asked {method.required_pct}%: {method.verdict}" if method.required_pct is not None else ""
            console().print(f"{method.name.replace('_', ' ').capitalize()} {money(method.base)}: {span}{asked}")
        if found.shift_rule:
            console().print(f"{found.shift_rule}: {found.shift} ({found.tolerated_pct}% of the value does not make the change)")
        console().print(f"{found.agreement} rule: {found.qualifies}." + (f" Needed: {'; '.join(found.needs)}." if found.needs else ""), style="bold")
        console().print("; ".join(found.citation) + ("" if found.verified else " [unverified]"), style="dim", markup=False)


@app.command("guide")
def guide(
    answers: Annotated[list[str], typer.Argument(help="question=yes or question=no; none to begin.", show_default=False)] = [],
    as_json: AsJson = False,
) -> None:
    """The country of origin by questions: name, character and use.

    landed origin guide wholly_obtained=no last_processing=yes name_change=yes
    """
    with answering(as_json):
        found = run_operation("origin_guide", {"answers": read_pairs(answers, "ANSWER")})
        if as_json:
            print_found(found)
            return
        out = console()
        out.print(f"{found.answer} ({found.strength})" if found.answer else "Not decided yet.", style="bold")
        texts = {q.id: q.text for q in found.questions}
        for name in found.next:
            out.print(f"? {name}: {texts[name]}")
        if found.answer:
            for paper in found.file:
                out.print(f"- {paper}")
        out.print("; ".join(found.citation) + ("" if found.verified else " [unverified]"), style="dim", markup=False)


@app.command("transshipment")
def transshipment(
    code: Annotated[str, typer.Argument(help="Tariff code.", show_default=False)],
    origin: Annotated[str, typer.Option("--from", help="Declared country of origin.", show_default=False)],
    maker: Annotated[str, typer.Option("--maker", help="Country of the factory.", show_default=False)] = "",
    supplier: Annotated[str, typer.Option("--supplier", help="Country of the seller.", show_default=False)] = "",
    export: Annotated[str, typer.Option("--export", help="Country the goods are shipped from.", show_default=False)] = "",
    materials: Annotated[str, typer.Option("--materials", help="Country most materials come from.", show_default=False)] = "",
    capacity: Annotated[str, typer.Option("--capacity", help="What the factory can make in a year.", show_default=False)] = "",
    shipped: Annotated[str, typer.Option("--shipped", help="What it ships in a year, same unit.", show_default=False)] = "",
    since: Annotated[str, typer.Option("--since", help="Day the factory began.", show_default=False)] = "",
    on: Annotated[str, typer.Option("--on", help="Day of entry; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Signs that goods were only passed through their declared origin, with the duty in question.

    landed origin transshipment 8504.40.95.80 --from VN --maker VN --materials CN --since 2025-06-01
    """
    with answering(as_json):
        request = {
            "hts_code": code, "country_of_origin": origin, "maker_country": maker, "supplier_country": supplier, "export_country": export, "materials_country": materials,
            "capacity_per_year": capacity or None, "shipped_per_year": shipped or None, "factory_since": since or None, "on": on or None,
        }  # fmt: skip
        found = run_operation("transshipment", request)
        if as_json:
            print_found(found)
            return
        out = console()
        out.print(f"{found.band}: {found.seen} signs seen, {found.unknown} not to be checked with what is stated", style="bold")
        for sign in found.signs:
            out.print(f"{ {True: '!', False: ' ', None: '?'}[sign.seen]} {sign.text}", markup=False)
        out.print("Duty on 10,000 USD as products of: " + ", ".join(f"{c} {'not known' if r is None else f'{r.normalize():f}%'}" for c, r in found.rates_pct.items()), markup=False)
        out.print("; ".join(found.citation) + ("" if found.verified else " [unverified]"), style="dim", markup=False)
