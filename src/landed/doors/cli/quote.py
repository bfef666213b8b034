"""`landed quote`: one line of goods, answered for a person."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from landed.doors.cli.terminal import answering, print_json, read_pairs, read_quantity, read_value, today
from landed.errors import LandedError

Code = Annotated[str, typer.Argument(help="Tariff code, 8 or 10 digits, dots optional.", show_default=False)]
Origin = Annotated[str, typer.Option("--from", help="Country where the goods were made: ISO code or name.", show_default=False)]
Value = Annotated[str, typer.Option("--value", help="Customs value in US dollars; 10,000 and 10k are fine.", show_default=False)]
Day = Annotated[str, typer.Option("--on", help="Day of entry, YYYY-MM-DD; default today.", show_default=False)]
Quantity = Annotated[list[str], typer.Option("--qty", help="Quantity with its unit, such as 250kg. Repeatable.", show_default=False)]
Spi = Annotated[str, typer.Option("--spi", help="Special programme claimed, such as S (USMCA) or KR.", show_default=False)]
Fact = Annotated[list[str], typer.Option("--fact", help="Fact of the goods, name=value. Repeatable.", show_default=False)]
Answer = Annotated[list[str], typer.Option("--answer", help="Answer to a question, id=value. Repeatable.", show_default=False)]
Claim = Annotated[
    list[str],
    typer.Option("--claim", help="chapter_98=HEADING, us_content_value=USD, repair_value=USD, ad=CASE:PCT or cvd=CASE:PCT. Repeatable.", show_default=False),
]
Exclusion = Annotated[list[str], typer.Option("--exclusion", help="Exclusion heading claimed, such as 9903.88.69. Repeatable.", show_default=False)]
KnownOn = Annotated[str, typer.Option("--known-on", help="Answer with the law as it was known that day.", show_default=False)]
Overlay = Annotated[str, typer.Option("--overlay", help="What-if laid over the law: a YAML file or the name of a ready one.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def quote(
    code: Code,
    origin: Origin,
    value: Value,
    on: Day = "",
    mode: Annotated[str, typer.Option("--mode", help="ocean, air, truck, rail or mail.", show_default=False)] = "",
    qty: Quantity = [],
    spi: Spi = "",
    fact: Fact = [],
    answer: Answer = [],
    claim: Claim = [],
    exclusion: Exclusion = [],
    loaded: Annotated[str, typer.Option("--loaded", help="Day of loading on the vessel that brought the goods.", show_default=False)] = "",
    exported: Annotated[str, typer.Option("--exported", help="Day of export.", show_default=False)] = "",
    export_from: Annotated[str, typer.Option("--export-from", help="Country of export, where it is not that of origin.", show_default=False)] = "",
    entry_type: Annotated[str, typer.Option("--entry-type", help="formal, informal, postal or section_321; default formal.", show_default=False)] = "",
    part: Annotated[list[str], typer.Option("--part", help="US dollars of a part that the rate names, such as battery=12. Repeatable.", show_default=False)] = [],
    charge: Annotated[list[str], typer.Option("--charge", help="Cost outside the customs value, such as freight=800. Repeatable.", show_default=False)] = [],
    currency: Annotated[str, typer.Option("--currency", help="Currency of --value, with --rate.", show_default=False)] = "",
    rate: Annotated[str, typer.Option("--rate", help="US dollars for one unit of --currency, on the day of export.", show_default=False)] = "",
    known_on: KnownOn = "",
    overlay: Overlay = "",
    explain: Annotated[bool, typer.Option("--explain", help="Also list every heading that does not apply, with its reason and citations.")] = False,
    as_json: AsJson = False,
) -> None:
    """What one line of goods owes on a day, and why.

    landed quote 9503.00.00.73 --from CN --value 10000 --on 2025-04-09
    """
    with answering(as_json):
        request = details(qty=qty, spi=spi, fact=fact, answer=answer, claim=claim, exclusion=exclusion, known_on=known_on, overlay=overlay)
        amount = read_value(value)
        request |= {
            "hts_code": code,
            "country_of_origin": origin,
            "customs_value": {"amount": amount, "currency": currency, "exchange_rate": rate or None} if currency else amount,
            "entry_date": on or today(),
        }
        given: dict[str, Any] = {"transport_mode": mode, "loading_date": loaded, "export_date": exported, "country_of_export": export_from, "entry_type": entry_type}
        request |= {name: given[name] for name in given if given[name]}
        if part:
            request["parts"] = read_pairs(part, "--part")
        if charge:
            request["charges"] = read_pairs(charge, "--charge")
        from landed.operations.estimate import estimate

        found = estimate(request)  # type: ignore[arg-type]
        if as_json:
            print_json(found.to_dict())
            return
        from landed.doors.cli.quote_view import show

        show(found, explain=explain)


def details(
    *, qty: list[str], spi: str, fact: list[str], answer: list[str], claim: list[str], exclusion: list[str], known_on: str, overlay: str
) -> dict[str, Any]:
    """The optional parts of a request as options give them."""
    request: dict[str, Any] = {}
    if qty:
        request["quantities"] = [read_quantity(text) for text in qty]
    claims = _claims(claim)
    if spi:
        claims["spi"] = spi
    if exclusion:
        claims["exclusions"] = exclusion
    for name, found in (("claims", claims), ("facts", read_pairs(fact, "--fact")), ("answers", read_pairs(answer, "--answer"))):
        if found:
            request[name] = found
    if known_on:
        request["known_on"] = known_on
    if overlay:
        request["overlay"] = overlay
    return request


def _claims(texts: list[str]) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    for text in texts:
        for name, value in read_pairs([text], "--claim").items():
            if name in ("ad", "cvd"):
                case, _, rate = value.partition(":")
                claims.setdefault("ad_cvd", []).append({"kind": name, "case": case, "rate_pct": rate or None})
            elif name == "exclusion":
                raise LandedError("INVALID_REQUEST", "exclusions have an option of their own", where="--claim", mend=f"Write --exclusion {value}.")
            else:
                claims[name] = value
    return claims
