"""An estimate for a person: the number first, one sentence why, then what would change it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from landed.doors.cli.terminal import NARROW, change, console, money, percent, plural, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from landed.duty.model import Component, Estimate, Question

BASES = {
    "entered_value": "entered value",
    "quantity": "quantity",
    "none": "",
}
FEES = ("mpf", "hmf")
FILED = ("applies", "unknown")
LONG_WHY = 160  # characters; --explain shows all of it


def show(found: Estimate, *, explain: bool = False, out: Console | None = None) -> None:
    """Print an estimate; with `explain`, also every heading that does not apply."""
    out = out or console()
    head(found, out)
    lines(found, out)
    questions(found, out)
    _options(found, out)
    _upcoming(found, out)
    if explain:
        _not_applied(found, out)
    _warnings(found, out)
    foot(found, out)


def head(found: Estimate, out: Console, *, titled: bool = True) -> None:
    """The number, the sentence, and the range while a question is open; with `titled`, what the code covers."""
    from rich.text import Text

    from landed.operations.engine import engine

    origin = engine().law.countries.get(found.country_of_origin, found.country_of_origin)
    known = f", law as known on {found.known_on}" if found.known_on else ""
    out.print(f"{found.hts_code} from {origin}, {money(found.customs_value)}, entered {found.entry_date}{known}", style="dim")
    if titled and (goods := _title(found.hts_code)):
        out.print(goods, style="dim")
    totals = found.totals
    if found.status == "refused":
        big = Text("May not be entered", style="bold red")
    elif totals.duty is None:
        big = Text.assemble(("Duty unknown", "bold yellow"), f"   at least {money(totals.known_duty_subtotal)}")
    else:
        big = Text.assemble((money(totals.duty), "bold cyan"), "   ", (percent(totals.effective_rate_pct), "bold"), "   duty")
    out.print()
    out.print(big)
    out.print(_why(found))
    if totals.duty_low is not None and totals.duty_high is not None and totals.duty_low != totals.duty_high:
        asked = sum(q.affects == "duty" for q in found.questions)
        verb = "is" if asked == 1 else "are"
        out.print(Text(f"Between {money(totals.duty_low)} and {money(totals.duty_high)} while {plural(asked, 'question')} {verb} open.", style="yellow"))


def lines(found: Estimate, out: Console) -> None:
    """What is filed: heading, rule, rate, base, amount; then fees and the landed cost."""
    filed = [c for c in found.components if c.status in FILED or (c.status == "exempt" and c.heading in found.filing_sequence)]
    if not filed:
        return
    if out.width < NARROW:
        out.print()
        for component in filed:
            out.print(f"{component.heading or component.kind.upper()}  {component.rate_text}  {_amount(component)}")
            out.print(f"  {_rule(component)[0]}", style="dim")
    else:
        rows = table()
        rows.add_column("Heading", no_wrap=True)
        rows.add_column("Rule")
        rows.add_column("Rate", justify="right", max_width=18)
        rows.add_column("Base", justify="right", no_wrap=True)
        rows.add_column("Amount", justify="right", no_wrap=True)
        rows.add_column("Because", style="dim")
        for component in filed:
            rule, why = _rule(component)
            rows.add_row(component.heading or component.kind.upper(), rule, component.rate_text, _base(component), _amount(component), why)
        out.print(rows)
    totals = found.totals
    if found.status != "refused":
        more = "at least " if any(c.status == "unknown" and c.kind in FEES for c in found.components) else ""
        parts = [f"Duty {money(totals.duty)}", f"fees {more}{money(totals.fees)}", *([] if totals.taxes == 0 else [f"excise {money(totals.taxes)}"])]
        out.print("   ".join([*parts, f"landed {more if totals.landed_cost is not None else ''}{money(totals.landed_cost)}"]), style="bold")
    out.print(f"File in this order: {', '.join(found.filing_sequence)}" if found.filing_sequence else "Nothing to file.", style="dim")


def questions(found: Estimate, out: Console) -> None:
    """Open questions, the most valuable first, with what each answer changes."""
    if not found.questions:
        return
    _heading("Questions that change the amount", out)
    for question in found.questions:
        ask(question, out)


def ask(question: Question, out: Console) -> None:
    """One question: its worth, what each answer changes, and how to answer."""
    worth = f"  worth {money(question.change_usd)}" if question.change_usd is not None else ""
    out.print(f"? {question.text}{worth}", style="yellow")
    for choice in question.options:
        mark = "  (assumed)" if choice.value == question.assumed and question.assumed is not None else ""
        out.print(f"    {choice.label}: {change(choice.change_usd)}{mark}")
    out.print(f"    answer with --answer {question.id}={_sample(question)}", style="dim")


def foot(found: Estimate, out: Console) -> None:
    """Where the answer stands in time."""
    out.print()
    out.print(f"Status {found.status}. Law read through {found.verified_through}; {found.hts_revision}.", style="dim")
    out.print(f"Law {found.law_version}, receipt {found.receipt_id}", style="dim")


def _why(found: Estimate) -> str:
    """The explanation without the amount that stands above it."""
    _, colon, why = found.explanation.partition(": ")
    text = why if colon and found.explanation.startswith("Duty ") else found.explanation
    return text[:1].upper() + text[1:]


def _title(code: str) -> str:
    from landed.schedule.site import national_text
    from landed.schedule.titles import title

    found = title(code, national=national_text())
    return found.text if found else ""


def _rule(component: Component) -> tuple[str, str]:
    """(the programme, why it applies): the heading's own title goes to the why, where the programme has another."""
    from landed.operations.engine import engine

    programme = engine().index.programmes.get(component.programme)
    why = component.because if len(component.because) <= LONG_WHY else component.because[: LONG_WHY - 3] + "..."
    if programme is None or programme.title == component.label:
        return component.label, why
    return programme.title, f"{component.label}; {why}"


def _base(component: Component) -> str:
    if component.basis_amount is None:
        return ""
    basis = BASES.get(component.basis, component.basis.replace("_", " "))
    amount = f"{component.basis_amount:,.2f}"
    return amount if basis in ("entered value", "") else f"{amount}\n{basis}"


def _amount(component: Component) -> str:
    if component.status == "unknown":
        return "unknown"
    if component.rate_text == "prohibited":
        return "banned"
    return "" if component.amount is None else f"{component.amount:,.2f}"


def _sample(question: Question) -> str:
    if question.options:
        value = next((c.value for c in question.options if c.value != question.assumed), question.options[0].value)
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return "NUMBER"


def _options(found: Estimate, out: Console) -> None:
    priced = [o for o in found.options if o.saving_usd is not None]
    open_ = [o for o in found.options if o.saving_usd is None]
    if not found.options:
        return
    _heading("Other ways to enter", out)
    for option in priced:
        word = f"saves {money(option.saving_usd)}" if (option.saving_usd or Decimal(0)) >= 0 else f"costs {money(-(option.saving_usd or Decimal(0)))} more"
        out.print(f"  {option.claim}  duty {money(option.duty)}, {word}: {option.label}")
        if option.evidence_needed and option.evidence_needed != "none":
            out.print(f"      keep: {option.evidence_needed}", style="dim")
    if open_:
        out.print("  depends on your values: " + "; ".join(f"{o.claim} ({o.label})" for o in open_), style="dim")


def _upcoming(found: Estimate, out: Console) -> None:
    if not found.upcoming:
        return
    _heading("Coming within a year", out)
    for each in found.upcoming:
        out.print(f"  {each.date}  {each.heading}  {each.change}  {change(each.change_usd)}")


def _not_applied(found: Estimate, out: Console) -> None:
    rest = [c for c in found.components if c.status not in FILED and not (c.status == "exempt" and c.heading in found.filing_sequence)]
    _heading("Citations of what applies", out)
    for component in found.components:
        if component not in rest:
            out.print(f"  {component.heading or component.kind.upper()}  {component.legal.instrument}: {'; '.join(component.legal.citation)}{_days(component)}", style="dim")
    _heading(f"Looked at and not applied ({len(rest)})", out)
    for component in rest:
        out.print(f"  {component.heading or component.programme}  {component.status.replace('_', ' ')}: {component.label}, {component.rate_text}")
        out.print(f"      {component.because}")
        out.print(f"      {'; '.join(component.legal.citation)}{_days(component)}", style="dim")


def _days(component: Component) -> str:
    legal = component.legal
    if legal.effective_from is None:
        return ""
    return f" ({legal.effective_from} to {legal.effective_to or 'open'})"


def _warnings(found: Estimate, out: Console) -> None:
    if not found.warnings:
        return
    _heading("Warnings", out)
    for warning in found.warnings:
        out.print(_warning(warning.code, warning.message, warning.action))


def _warning(code: str, message: str, action: str) -> Text:
    from rich.text import Text

    style = "bold red" if code == "IMPORT_PROHIBITED" else "yellow"
    return Text.assemble(("! " + code, style), f": {message} {action}".rstrip())


def _heading(words: str, out: Console) -> None:
    out.print()
    out.print(words, style="bold")
