"""`landed ship` with carriers (schedules, bookings, tracking, detention) and `landed freight sim`, the carrier that is simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, money, plural, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.freight.carriers.desk import BookingRecord, Prepared
    from landed.operations.carriers import Schedules, Tracking
    from landed.operations.detention import Detention

app = typer.Typer(help="Freight without a carrier: the simulator.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Carrier = Annotated[str, typer.Option("--carrier", help="Name in carriers.toml.")]
Own = Annotated[str, typer.Argument(help="Our reference of the booking.", show_default=False)]


def add_to(ship: typer.Typer) -> None:
    """Add the commands that speak with carriers to `landed ship`."""
    for function in (carriers, schedules, book, change, cancel, confirm, settle, bookings, booking, track, detention):
        ship.command(function.__name__)(function)


def run(name: str, request: dict[str, Any], as_json: bool, show: Any) -> None:
    """Ask an operation, print what it answers."""
    with answering(as_json):
        from landed.operations.registry import find

        operation = find(name)
        asked = {k: v for k, v in request.items() if v not in ("", None, [])}
        if as_json:
            print_json(operation.answer_json(asked))
        else:
            show(operation.run(asked))


def carriers(as_json: AsJson = False) -> None:
    """Which carriers can be asked, and what each lacks."""

    def show(found: Any) -> None:
        rows = table()
        for name in ("Name", "Carrier", "Schedules", "Booking", "Tracking", "Prices", "Ready"):
            rows.add_column(name)
        for each in found.carriers:
            rows.add_row(each.name, each.title + ("" if each.verified else " (not tried)"), each.schedules or "-", each.booking or "-", each.tracking or "-", each.rates or "-", "yes" if each.ready else each.lacks)
        console().print(rows)
        console().print(f"Yours: {found.file}.", style="dim")

    run("ship_carriers", {}, as_json, show)


def schedules(
    origin: Annotated[str, typer.Argument(help="UN/LOCODE or name of the port of loading.", show_default=False)],
    destination: Annotated[str, typer.Argument(help="As origin.", show_default=False)],
    carrier: Carrier = "sim",
    first: Annotated[str, typer.Option("--from", help="First day of departure, YYYY-MM-DD; default today.", show_default=False)] = "",
    last: Annotated[str, typer.Option("--until", help="Last day of departure.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Sailings of a carrier.

    landed ship schedules CNSHA USLAX --carrier sim
    """
    run("ship_schedules", {"origin": origin, "destination": destination, "carrier": carrier, "departs_from": first, "departs_until": last}, as_json, show_schedules)


def show_schedules(found: Schedules) -> None:
    """Print sailings: when, how long, which ship, and how to book them."""
    out = console()
    rows = table(title=f"{found.carrier}: {found.origin} to {found.destination}" + (" (stale)" if found.stale else ""))
    for name in ("Departs", "Arrives", "Days", "Vessel", "CO2e t", "Reference"):
        rows.add_column(name)
    for s in found.sailings:
        rows.add_row(s.departs[:16], s.arrives[:16], "" if s.days is None else str(s.days), ", ".join(leg.vessel for leg in s.legs if leg.vessel), "" if s.tonnes_co2e is None else str(s.tonnes_co2e), s.routing_reference)
    out.print(rows if found.sailings else "No sailings.")
    for words in (*found.warnings, *(f"The carrier deviates: {odd}." for odd in found.deviations)):
        out.print(f"  ! {words}", style="yellow")


def book(
    file: Annotated[str, typer.Argument(help="Booking as .json, .toml or .yaml (docs/carriers.md); options below are laid over it.", show_default=False)] = "",
    carrier: Annotated[str, typer.Option("--carrier", help="Name in carriers.toml.", show_default=False)] = "",
    origin: Annotated[str, typer.Option("--origin", help="Port of loading.", show_default=False)] = "",
    destination: Annotated[str, typer.Option("--destination", help="Port of discharge.", show_default=False)] = "",
    equipment: Annotated[list[str], typer.Option("--equipment", help="Containers, such as 2x45G1; repeatable.", show_default=False)] = [],
    gross_kg: Annotated[float, typer.Option("--gross-kg", help="Gross mass of the goods in each row of equipment.", show_default=False)] = 0,
    commodity: Annotated[str, typer.Option("--commodity", help="What the goods are.", show_default=False)] = "",
    agent: Annotated[str, typer.Option("--agent", help="Who books.", show_default=False)] = "",
    contract: Annotated[str, typer.Option("--contract", help="Service contract with the carrier.", show_default=False)] = "",
    quotation: Annotated[str, typer.Option("--quotation", help="Quotation of the carrier, where there is no contract.", show_default=False)] = "",
    sailing: Annotated[str, typer.Option("--sailing", help="Reference of a sailing (landed ship schedules).", show_default=False)] = "",
    departs: Annotated[str, typer.Option("--departs", help="Wished day of departure, where no sailing is named.", show_default=False)] = "",
    reference: Annotated[str, typer.Option("--reference", help="Your own reference; default one of ours.", show_default=False)] = "",
    confirm_token: Annotated[str, typer.Option("--confirm", help="Send the message that this token was given for.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Prepare a booking, read it, then confirm it with its token.

    landed ship book --carrier sim --origin CNSHA --destination USLAX --equipment 2x45G1 --gross-kg 18000 --commodity toys --agent "Example Ltd" --contract C1 --departs 2026-12-01
    """
    if confirm_token:
        run("ship_confirm", {"token": confirm_token}, as_json, show_booking)
        return
    with answering(as_json):
        request = _read(file) if file else {}
        rows: list[Any] = []
        for each in equipment:
            units, mark, code = each.partition("x")
            if not mark or not units.isdigit():
                raise LandedError("INVALID_REQUEST", f"expected containers such as 2x45G1, got {each[:20]!r}", where="--equipment", mend="Number, x, ISO type.")
            rows.append({"type": code, "units": int(units), **({"gross_kg": str(gross_kg)} if gross_kg else {})})
    given = {
        "carrier": carrier, "origin": origin, "destination": destination, "equipment": rows, "commodity": commodity, "booking_agent": agent, "contract": contract, "quotation": quotation,
        "routing_reference": sailing, "departure_date": departs, "reference": reference,
    }  # fmt: skip
    run("ship_book", {"carrier": "sim"} | request | {k: v for k, v in given.items() if v}, as_json, show_prepared)


def change(own_reference: Own, file: Annotated[str, typer.Argument(help="The whole booking as it shall be: .json, .toml or .yaml.", show_default=False)], as_json: AsJson = False) -> None:
    """Prepare an update (before the carrier confirms) or an amendment (after)."""
    with answering(as_json):
        request = _read(file)
    run("ship_change", request | {"own_reference": own_reference}, as_json, show_prepared)


def cancel(
    own_reference: Own,
    amendment: Annotated[bool, typer.Option("--amendment", help="Cancel the amendment only.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="A word for the carrier.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Prepare a cancellation; confirm it with its token."""
    run("ship_cancel", {"own_reference": own_reference, "what": "amendment" if amendment else "booking", "reason": reason}, as_json, show_prepared)


def confirm(token: Annotated[str, typer.Argument(help="Token of a prepared message.", show_default=False)], as_json: AsJson = False) -> None:
    """Send a prepared message, exactly as it was shown, at most once."""
    run("ship_confirm", {"token": token}, as_json, show_booking)


def settle(
    own_reference: Own,
    booked: Annotated[str, typer.Option("--booked", help="The carrier's reference, as the carrier told you.", show_default=False)] = "",
    not_booked: Annotated[bool, typer.Option("--not-booked", help="The carrier says that it has no such booking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Settle a booking in doubt by what the carrier told you."""
    run("ship_settle", {"own_reference": own_reference, "carrier_reference": booked, "not_booked": not_booked}, as_json, show_booking)


def bookings(limit: Annotated[int, typer.Option("--limit", help="Most rows.")] = 100, as_json: AsJson = False) -> None:
    """Bookings of the journal, the latest first."""

    def show(found: Any) -> None:
        rows = table()
        for name in ("Ours", "Carrier", "Status", "State", "Carrier's reference", "Seen"):
            rows.add_column(name)
        for each in found.bookings:
            rows.add_row(each.own_reference, each.carrier, each.status, each.booking.state if each.booking else "", (each.booking.carrier_booking_reference if each.booking else "") or each.carrier_reference, each.seen_at)
        console().print(rows if found.bookings else "No bookings yet: landed ship book.")

    run("ship_bookings", {"limit": limit}, as_json, show)


def booking(own_reference: Own, as_json: AsJson = False) -> None:
    """How a booking stands: the carrier is asked."""
    run("ship_booking", {"own_reference": own_reference}, as_json, show_booking)


def track(
    own_reference: Annotated[str, typer.Argument(help="Our reference of a booking; or name a booking, bill or container.", show_default=False)] = "",
    carrier: Annotated[str, typer.Option("--carrier", help="Name in carriers.toml; default that of the booking, else sim.", show_default=False)] = "",
    carrier_booking: Annotated[str, typer.Option("--booking", help="The carrier's booking reference.", show_default=False)] = "",
    bill: Annotated[str, typer.Option("--bill", help="Bill of lading.", show_default=False)] = "",
    container: Annotated[str, typer.Option("--container", help="Container number.", show_default=False)] = "",
    since: Annotated[str, typer.Option("--since", help="Only what was written since, ISO 8601 with offset.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Where a shipment is: planned, estimated, actual.

    landed ship track --container CSQU3054383 --carrier sim
    """
    run("ship_track", {"own_reference": own_reference, "carrier": carrier, "booking": carrier_booking, "bill": bill, "container": container, "since": since}, as_json, show_tracking)


def detention(
    first: Annotated[str, typer.Option("--first", help="First day that counts.", show_default=False)],
    last: Annotated[str, typer.Option("--last", help="Last day that counts.", show_default=False)],
    free: Annotated[int, typer.Option("--free", help="Free days of the tariff.", show_default=False)],
    tier: Annotated[list[str], typer.Option("--tier", help="Chargeable days and price of a day: 1-5=175, then 6-=300; repeatable.", show_default=False)],
    working_days: Annotated[bool, typer.Option("--working-days", help="Saturdays, Sundays and holidays do not use up free days.")] = False,
    holiday: Annotated[list[str], typer.Option("--holiday", help="A day off; repeatable.", show_default=False)] = [],
    containers_: Annotated[int, typer.Option("--containers", help="How many containers.")] = 1,
    invoice: Annotated[str, typer.Option("--invoice-date", help="Day of the invoice, to hold it to the billing rules.", show_default=False)] = "",
    billed_to: Annotated[str, typer.Option("--billed-to", help="Whom the invoice names: shipper, consignee or other.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Demurrage and detention past the free days, and what the invoice must keep.

    landed ship detention --first 2026-12-01 --last 2026-12-14 --free 5 --tier 1-5=175 --tier 6-=300
    """
    with answering(as_json):
        rows = [_tier(text) for text in tier]
    asked = {"first": first, "last": last, "free_days": free, "tiers": rows, "working_days": working_days, "holidays": holiday, "containers": containers_, "invoice_date": invoice, "billed_to": billed_to}
    run("ship_detention", asked, as_json, show_detention)


@app.command("sim")
def sim(
    port: Annotated[int, typer.Option("--port", help="Port on this machine; carriers.toml expects 8765.")] = 8765,
    speed: Annotated[float, typer.Option("--speed", help="Hours of the carrier's clock in an hour: 3600 lets a day pass in 24 seconds.")] = 1.0,
    fault_chance: Annotated[float, typer.Option("--fault-chance", help="Chance of a fault at each request and booking, 0 to 1.")] = 0.0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print each request.")] = False,
) -> None:
    """A simulated carrier on this machine, until Ctrl-C: schedules, bookings, tracking, clock, faults."""
    with answering(False):
        from landed.freight.carriers.simulator.serve import serve

        if not 0 <= fault_chance <= 1 or not 0 < speed <= 1_000_000:
            raise LandedError("INVALID_REQUEST", "expected a chance from 0 to 1 and a speed above 0", where="--fault-chance", mend="Leave them out.")
        server = serve(port, speed=speed, chance=fault_chance, quiet=not verbose)
        typer.echo(f"A simulated carrier listens on {server.url}. Try: landed ship schedules CNSHA USLAX --carrier sim")
        typer.echo(f'Its clock and faults: POST {server.url}/sim/clock {{"hours": 24}}, {server.url}/sim/faults {{"kind": "rate_limit"}}; see docs/carriers.md. Ctrl-C ends it.')
        try:
            server.wait()
        except KeyboardInterrupt:
            typer.echo("Ended.")
        finally:
            server.close()


def show_prepared(found: Prepared) -> None:
    """Print a prepared message and how to send it."""
    import json

    out = console()
    out.print(f"{found.action.replace('_', ' ').capitalize()} at {found.carrier}, our reference {found.own_reference}. Nothing has been sent.", style="bold")
    out.print(json.dumps(found.message, indent=2, ensure_ascii=False, default=str))
    out.print(f"To send exactly this (until {found.valid_until}):")
    typer.echo(f"landed ship confirm {found.token}")


def show_booking(found: BookingRecord) -> None:
    """Print how a booking stands."""
    out = console()
    state = found.booking.state if found.booking else found.status
    out.print(f"{found.own_reference} at {found.carrier}: {state}", style="bold")
    reference = (found.booking.carrier_booking_reference if found.booking else "") or found.carrier_reference
    if reference:
        out.print(f"The carrier calls it {reference}.")
    seen = found.booking
    if seen is not None:
        for beside in (seen.amended_state, seen.cancellation_state):
            if beside:
                out.print(beside)
        if seen.equipment:
            out.print(", ".join(seen.equipment))
        for leg in seen.plan:
            out.print(f"{leg['from']} {leg['departs']} to {leg['to']} {leg['arrives']}, {leg['vessel']} {leg['voyage']}")
        for code, at in seen.cutoffs:
            out.print(f"Cut-off {code}: {at}", style="dim")
        for words in seen.carrier_remarks:
            out.print(f'The carrier says: "{words}"')
        for words in seen.deviations:
            out.print(f"  ! The carrier deviates: {words}.", style="yellow")
    elif found.status == "booked":
        out.print("The carrier has taken it and shows no state yet: landed ship booking " + found.own_reference)
    for words in found.warnings:
        out.print(f"  ! {words}", style="yellow")


def show_tracking(found: Tracking) -> None:
    """Print a timeline."""
    out = console()
    rows = table(title=f"{found.carrier} {found.container or found.bill or found.booking}")
    for name in ("What", "Where", "Container", "Planned", "Estimated", "Actual", "Late"):
        rows.add_column(name)
    for m in found.milestones:
        late = "" if m.days_late is None or not m.days_late else f"{m.days_late:+d} d"
        rows.add_row(m.title, m.place, m.container, m.planned[:16], m.estimated[:16], m.actual[:16], late)
    out.print(rows if found.milestones else "No events yet.")
    for words in dict.fromkeys(r for m in found.milestones for r in m.remarks):
        out.print(f'The carrier says: "{words}"')
    for each in found.refused:
        out.print(f"  ! Refused, {each['event']}: {each['because']}.", style="yellow")
    for words in (*found.deviations, *found.warnings):
        out.print(f"  ! {words}", style="yellow")


def show_detention(found: Detention) -> None:
    """Print what is owed and what the invoice must keep."""
    out = console()
    out.print(f"{plural(found.days_held, 'day')} held, {found.free_days} free (last {found.last_free_day}), {found.days_billed} charged: {money(found.amount)}", style="bold")
    for row in found.tiers:
        out.print(f"  {plural(row.days, 'day')} at {money(row.usd)}: {money(row.amount)}")
    if found.invoice_by:
        out.print(f"The invoice must come by {found.invoice_by}, to {found.billed_to}; {found.dispute_days} days to dispute, {found.resolve_days} to resolve ({found.cite}{'' if found.verified else ', not verified'}).")
    for words in found.faults:
        out.print(f"  ! {words}", style="yellow")


def _tier(text: str) -> dict[str, Any]:
    days, mark, usd = text.partition("=")
    first, dash, last = days.partition("-")
    if not mark or not dash or not first.strip().isdigit() or (last.strip() and not last.strip().isdigit()):
        raise LandedError("INVALID_TIERS", f"expected days=price such as 1-5=175, got {text[:30]!r}", where="--tier", mend="The last one is open: 6-=300.")
    return {"first": int(first), **({"last": int(last)} if last.strip() else {}), "usd": usd.strip()}


def _read(file: str) -> dict[str, Any]:
    from landed.operations.tables import read_tables

    return dict(read_tables(Path(file), ("equipment",)).data)
