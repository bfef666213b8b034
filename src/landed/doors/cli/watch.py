"""`landed watch`, `landed brief` and `landed diff`: what changed, what will, and what a new export brings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from landed.doors.cli.check import read_products
from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, change, console, percent, print_found, print_json, run_operation, table
from landed.errors import LandedError

Products = Annotated[str, typer.Option("--products", help="JSON file: [{sku, hts_code, country_of_origin, value_per_year}].", show_default=False)]
Out = Annotated[str, typer.Option("--out", help="Write it to a file.", show_default=False)]


def watch(
    since: Annotated[str, typer.Option("--since", help="Changes after this day; default 90 days ago.", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="Changes up to this day; default a year ahead.", show_default=False)] = "",
    products: Products = "",
    overlay: Annotated[str, typer.Option("--overlay", help="A what-if laid over the law.", show_default=False)] = "",
    form: Annotated[str, typer.Option("--format", help="table, atom, rss or ics.")] = "table",
    out: Out = "",
    as_json: AsJson = False,
) -> None:
    """What changed or will change for your products, in dollars a year; the saved products where none are named.

    landed watch --products products.json --since 2026-01-01
    """
    with answering(as_json):
        found = run_operation("watch_changes", {"products": read_products(products, "--products") if products else None, "since": since or None, "until": until or None, "overlay": overlay or None})
        if form in ("atom", "rss", "ics"):
            from landed.operations.feeds import atom, icalendar, rss

            _put({"atom": atom, "rss": rss, "ics": icalendar}[form](found.changes), out)
            return
        if form != "table":
            raise LandedError("INVALID_REQUEST", f"expected table, atom, rss or ics, got {form[:20]!r}", where="--format", mend="Choose one.")
        if as_json:
            print_found(found)
            return
        view = table()
        for head in ("Day", "Product", "From", "Rate"):
            view.add_column(head)
        view.add_column("A year", justify="right")
        view.add_column("Because", ratio=1)
        for row in found.changes:
            why = "; ".join(f"{c.heading} {c.what} ({', '.join(c.cite[:2])})" + ("" if c.verified else " [unverified]") for c in row.causes)
            view.add_row(f"{row.on}{' (scheduled)' if row.scheduled else ''}", f"{row.sku} {row.hts_code}", row.country_of_origin, f"{percent(row.before_pct)} to {percent(row.after_pct)}", change(row.change_usd_year), why)
        console().print(view)
        typer.echo(f"{len(found.changes)} changes for {found.products} products from {found.since} to {found.until}; together {change(found.net_usd_year)} a year. Law read through {found.verified_through}.")
        for sku, why in found.unread:
            typer.echo(f"Not looked at: {sku}: {why}")


kept_app = typer.Typer(help="Kept watches: lines, countries or programmes to hear of.", no_args_is_help=True)


@kept_app.command("keep")
def keep(
    name: Annotated[str, typer.Argument(help="What to call it; a known name is replaced.", show_default=False)],
    code: Annotated[list[str], typer.Option("--code", help="Tariff code of 2 to 10 digits; repeatable.", show_default=False)] = [],
    origin: Annotated[list[str], typer.Option("--from", help="Country of origin; repeatable, none is every country.", show_default=False)] = [],
    programme: Annotated[list[str], typer.Option("--programme", help="Programme or pattern such as us.s232.*; repeatable.", show_default=False)] = [],
    catalogue: Annotated[bool, typer.Option("--catalogue", help="The saved products, narrowed by --code and --from.")] = False,
    ahead: Annotated[int, typer.Option("--ahead", help="Days to look ahead.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Keep a watch.

    landed watched keep "toys from China" --code 9503.00.00.73 --from CN --ahead 365
    """
    with answering(as_json):
        found = run_operation("watch_save", {"name": name, "hts_codes": code, "origins": origin, "programmes": programme, "catalogue": catalogue, "days_ahead": ahead})
        print_found(found) if as_json else typer.echo(f"Kept: {_of(found)}")


@kept_app.command("list")
def kept_list(as_json: AsJson = False) -> None:
    """The watches kept."""
    with answering(as_json):
        found = run_operation("watch_list", {"limit": 500})
        if as_json:
            print_found(found)
            return
        for each in found.watches:
            typer.echo(_of(each))
        if not found.watches:
            typer.echo("Nothing is watched yet: landed watched keep NAME --code CODE --from COUNTRY.")


@kept_app.command("look")
def kept_look(
    name: Annotated[str, typer.Argument(help="Name of the watch.", show_default=False)],
    since: Annotated[str, typer.Option("--since", help="Changes after this day; default 90 days ago.", show_default=False)] = "",
    seen: Annotated[bool, typer.Option("--seen", help="Mark all of it as seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a watch notices, the new marked with a star.

    landed watched look "toys from China" --since 2026-01-01
    """
    with answering(as_json):
        request = {"name": name, "since": since or None}
        found = run_operation("watch_look", request)
        if seen:
            run_operation("watch_seen", request)
        if as_json:
            print_found(found)
            return
        view = table()
        for head in ("Day", "About", "From", "Rate"):
            view.add_column(head)
        view.add_column("A year", justify="right")
        view.add_column("Because", ratio=1)
        for row in found.noticed:
            why = "; ".join(f"{c.heading} {c.what} ({', '.join(c.cite[:2])})" + ("" if c.verified else " [unverified]") for c in row.causes[:4])
            places = ", ".join(row.origins[:4]) + (f" and {len(row.origins) - 4} more" if len(row.origins) > 4 else "")
            rate = "" if row.kind == "law" else f"{percent(row.before_pct)} to {percent(row.after_pct)}"
            view.add_row(f"{'* ' if row.new else ''}{row.on}{' (scheduled)' if row.scheduled else ''}", row.about, places, rate, change(row.change_usd_year) if row.kind == "product" else "", why)
        if found.noticed:
            console().print(view)
        typer.echo(f"{len(found.noticed)} noticed from {found.since} to {found.until}, {found.new} new. Law read through {found.verified_through}.")
        for what, because in found.unread:
            typer.echo(f"Not looked at: {what}: {because}")


@kept_app.command("end")
def kept_end(name: Annotated[str, typer.Argument(help="Name of the watch.", show_default=False)], as_json: AsJson = False) -> None:
    """End a watch."""
    with answering(as_json):
        found = run_operation("watch_remove", {"name": name})
        print_found(found) if as_json else typer.echo(f"Ended: {_of(found)}")


def _of(found: Any) -> str:
    what = [*(["the saved products"] if found.catalogue else []), *found.hts_codes, *(f"from {o}" for o in found.origins), *found.programmes]
    return f"{found.name}: {', '.join(what)}; {found.days_ahead} days ahead"


def brief(
    since: Annotated[str, typer.Option("--since", help="Changes after this day.", show_default=False)],
    until: Annotated[str, typer.Option("--until", help="Changes up to this day.", show_default=False)],
    products: Products = "",
    form: Annotated[str, typer.Option("--format", help="markdown, html or mail.")] = "markdown",
    out: Out = "",
    as_json: AsJson = False,
) -> None:
    """A one-page briefing; for a sample line where no products are named.

    landed brief --since 2025-04-02 --until 2025-04-11
    """
    with answering(as_json):
        found = run_operation("brief", {"since": since, "until": until, "products": read_products(products, "--products") if products else None, "form": form})
        if as_json:
            print_found(found)
        else:
            _put(found.text, out)


def diff(
    old: Annotated[str, typer.Argument(help="The older official export.", show_default=False)],
    new: Annotated[str, typer.Argument(help="The newer official export.", show_default=False)],
    products: Products = "",
    effective: Annotated[str, typer.Option("--effective", help="Day of the newer export, for the draft; default today.", show_default=False)] = "",
    draft: Annotated[str, typer.Option("--draft", help="Write the draft of new chapter 99 headings to a file.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """What a new official export changes, and which products it touches."""
    with answering(as_json):
        found = run_operation("export_diff", {"old": old, "new": new, "products": read_products(products, "--products") if products else None, "effective": effective or None})
        if draft:
            _put(found.draft, draft)
        if as_json:
            print_found(found)
            return
        typer.echo(f"{found.new:,} new, {found.ended:,} ended, {found.changed:,} changed numbers.")
        for row in found.changes[:60]:
            touched = f"  touches {', '.join(row.products)}" if row.products else ""
            typer.echo(f"{row.what:8} {row.number:10} " + "; ".join(f"{name}: {before or 'none'} -> {after or 'none'}" for name, before, after in row.fields if name != "rate_line")[:160] + touched)
        if len(found.changes) > 60:
            typer.echo(f"... and {len(found.changes) - 60:,} more (--json gives all)")
        typer.echo(f"Touched: {', '.join(found.touched) or 'none of the products named'}.")


def _put(text: str, out: str) -> None:
    if out:
        from landed.entry.files import write_aside

        write_aside(Path(out), text.encode())
        typer.echo(f"Wrote {out}")
    else:
        typer.echo(text, nl=False)


def alert(
    mail_to: Annotated[list[str], typer.Option("--mail-to", help="Mail address; repeatable. Needs LANDED_SMTP_URL and LANDED_MAIL_FROM.", show_default=False)] = [],
    webhook: Annotated[list[str], typer.Option("--webhook", help="https address; repeatable. Signed with LANDED_ALERT_SECRET.", show_default=False)] = [],
    since: Annotated[str, typer.Option("--since", help="Changes after this day; default 90 days ago.", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="Changes up to this day; default a year ahead.", show_default=False)] = "",
    products: Products = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell changes of duty by mail or webhook, each once to each address: run it from a timer.

    landed alert --mail-to you@example.com --products products.json
    """
    with answering(as_json):
        from landed.doors import alerts
        from landed.schedule.site import data_folder

        if not mail_to and not webhook:
            raise LandedError("INVALID_REQUEST", "expected an address", where="--mail-to", mend="Name --mail-to or --webhook.")
        url, sender, secret = alerts.settings()
        for to in mail_to:
            alerts.address(to, "--mail-to")
        if webhook and not secret and not dry_run:
            raise LandedError("INVALID_REQUEST", "expected a secret to sign with", where="LANDED_ALERT_SECRET", mend="Set it to a long random text that the receiver knows too.")
        server = alerts.server_of(url) if mail_to and not dry_run else None
        found = run_operation("watch_changes", {"products": read_products(products, "--products") if products else None, "since": since or None, "until": until or None})
        told, report = alerts.Told(data_folder()), []
        for kind, to in [*(("mail", m) for m in mail_to), *(("webhook", w) for w in webhook)]:
            fresh = told.fresh(to, found.changes)
            if fresh and not dry_run:
                if kind == "mail" and server is not None:
                    alerts.mail(server, sender, to, fresh)
                else:
                    alerts.call(to, secret, fresh)
                told.add(to, fresh)
            report.append({"kind": kind, "to": to, "changes": len(fresh), "sent": bool(fresh) and not dry_run})
        if as_json:
            print_json(report)
            return
        for row in report:
            typer.echo(f"{row['to']}: {row['changes']} new changes{', sent' if row['sent'] else ', not sent (dry run)' if row['changes'] else ''}")
        if dry_run and found.changes:
            typer.echo("\n".join(alerts.text_of(found.changes)))
