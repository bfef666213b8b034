"""`landed serve`, `landed mcp`, `landed db`, `landed audit`, `landed keys`: the server, its store, its log and its keys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, print_json, run_operation

if TYPE_CHECKING:
    from landed.doors.api.settings import Settings

db = typer.Typer(help="The store: upgrade, check, backup, restore.", no_args_is_help=True)
audit = typer.Typer(help="The audit log.", no_args_is_help=True)
keys = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)

Host = Annotated[str, typer.Option("--host", help="Address to listen on; anything but loopback asks for API keys.", show_default=False)]
Database = Annotated[str, typer.Option("--database", help="PostgreSQL or SQLite URL; default LANDED_DATABASE_URL, else a file in the data folder.", show_default=False)]


def serve(
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=0, max=65535)] = 8080,
    host: Host = "",
    workers: Annotated[int, typer.Option("--workers", help="Processes; more than one serves the API without web pages.", min=1, max=64)] = 1,
    require_keys: Annotated[bool, typer.Option("--require-keys", help="Ask for an API key on loopback too.")] = False,
    rate: Annotated[int, typer.Option("--rate", help="Requests a minute for a key that states none; 0 is no limit.", min=0)] = 0,
    database: Database = "",
    web: Annotated[bool, typer.Option("--web/--no-web", help="Serve the web pages too.")] = True,
) -> None:
    """Serve the web pages and the REST API on this machine until stopped.

    landed serve --port 8080
    """
    with answering(False):
        from landed.doors.api.run import serve as run
        from landed.doors.api.settings import Settings

        if database:
            os.environ["LANDED_DATABASE_URL"] = database
        given: dict[str, Any] = {"port": port, "workers": workers}
        given |= {"host": host} if host else {}
        given |= {"keys_required": True} if require_keys else {}
        given |= {"rate_per_minute": rate} if rate else {}
        settings = Settings.from_environment(**given)
        if settings.asks_for_keys:
            _first_key()
        shown = "localhost" if settings.loopback else settings.host
        typer.echo(f"Landed on http://{shown}:{settings.port}/ (API page at /docs). Ctrl+C stops it.", err=True)
        run(settings, _app_maker(web and workers == 1))


def _app_maker(web: bool) -> Any:
    """What makes the app: with the web pages where they are wanted and installed."""

    def make(settings: Settings) -> Any:
        from landed.doors.api.app import create_app

        app = create_app(settings)
        if web:
            try:
                from landed.doors.web.mount import mount_web
            except ImportError:
                return app
            mount_web(app, settings)
        return app

    return make


def _first_key() -> None:
    """A server that asks for keys and has none could not be used: make one and show it."""
    from landed.operations.keys import KeyRequest, KeysRequest, create, list_

    if not any(row.revoked_at is None for row in list_(KeysRequest()).keys):
        made = create(KeyRequest("first administrator", "admin"))
        typer.echo(f"Made the first API key (admin); it is shown this once:\n{made.secret}", err=True)


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP on a port instead of standard input and output.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port for --http.", min=1, max=65535)] = 8090,
    read_only: Annotated[bool, typer.Option("--read-only", help="Leave out the tools that change the store or the site.")] = False,
) -> None:
    """Serve the operations as MCP tools, on standard input and output or over HTTP on loopback."""
    with answering(False):
        from landed.doors.mcp import serve as run

        run(http=http, port=port, read_only=read_only)


@db.command("upgrade")
def db_upgrade(database: Database = "", as_json: AsJson = False) -> None:
    """Bring the store to the schema of this version."""
    with answering(as_json):
        _at(database)
        from landed.store.database import store
        from landed.store.upgrade import revision

        found = {"revision": revision(store())}
        print_json(found) if as_json else typer.echo(f"The store is at revision {found['revision']}.")


@db.command("check")
def db_check(database: Database = "", as_json: AsJson = False) -> None:
    """Look through the whole store: pages, keys, seals of rows, uploads, audit log. Exit code 1 when something is wrong."""
    with answering(as_json):
        _at(database)
        from landed.store.check import check

        found = check()
        if as_json:
            print_json({"sound": found.sound, "rows": found.rows, "broken": list(found.broken)})
        else:
            typer.echo(f"{'Sound' if found.sound else 'DAMAGED'}: {sum(found.rows.values()):,} rows in {len(found.rows)} tables.")
            for line in found.broken:
                typer.echo(f"  {line}")
    if not found.sound:
        raise typer.Exit(1)


@db.command("backup")
def db_backup(file: Annotated[str, typer.Argument(help="File to write (.zip).", show_default=False)], database: Database = "", as_json: AsJson = False) -> None:
    """Write the whole store into one file; it restores into SQLite and PostgreSQL alike."""
    with answering(as_json):
        _at(database)
        from landed.store.backup import backup

        found = backup(file)
        print_json(found) if as_json else typer.echo(f"Wrote {found['rows']:,} rows and {found['uploads']:,} uploaded files to {file}; left out: {', '.join(found['left_out'])}.")


@db.command("restore")
def db_restore(file: Annotated[str, typer.Argument(help="File that `landed db backup` wrote.", show_default=False)], database: Database = "", as_json: AsJson = False) -> None:
    """Read a backup into an empty store, whole or not at all."""
    with answering(as_json):
        _at(database)
        from landed.store.backup import restore

        found = restore(file)
        print_json(found) if as_json else typer.echo(f"Restored {found['rows']:,} rows and {found['uploads']:,} uploaded files.")


@audit.command("verify")
def audit_verify(database: Database = "", as_json: AsJson = False) -> None:
    """Walk the audit log: every hash, the chain, the seal. Exit code 1 when something was tampered with."""
    with answering(as_json):
        _at(database)
        from landed.store.audit import verify

        found = verify()
        if as_json:
            print_json({"sound": found.sound, "records": found.records, "broken": list(found.broken)})
        else:
            typer.echo(f"{'Sound' if found.sound else 'TAMPERED WITH'}: {found.records:,} records.")
            for line in found.broken:
                typer.echo(f"  {line}")
    if not found.sound:
        raise typer.Exit(1)


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Who will use it.", show_default=False)],
    scope: Annotated[str, typer.Option("--scope", help="read, quote, write or admin; each holds those before it.")] = "quote",
    workspace: Annotated[str, typer.Option("--workspace", help="Workspace of the key.")] = "default",
    rate: Annotated[int, typer.Option("--rate", help="Requests a minute; 0 is the server's own limit.", min=0)] = 0,
    expires: Annotated[str, typer.Option("--expires", help="Last day on which it is good, YYYY-MM-DD.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Make an API key; its secret is shown this once."""
    with answering(as_json):
        found = run_operation("key_create", {"name": name, "scope": scope, "workspace": workspace, "rate_per_minute": rate, "expires": expires or None})
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
        else:
            typer.echo(found.secret)


@keys.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """Every key, without secrets."""
    with answering(as_json):
        found = run_operation("key_list", {})
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        for row in found.keys:
            ended = f"revoked {row.revoked_at}" if row.revoked_at else f"until {row.expires_at}" if row.expires_at else "no end"
            typer.echo(f"{row.id}  {row.scope:<5}  {row.workspace}  {row.name}  ({ended})")


@keys.command("revoke")
def keys_revoke(identifier: Annotated[str, typer.Argument(help="Id of the key.", show_default=False)], as_json: AsJson = False) -> None:
    """End a key for good."""
    with answering(as_json):
        found = run_operation("key_revoke", {"id": identifier})
        print_json({"id": found.id, "revoked_at": found.revoked_at}) if as_json else typer.echo(f"{found.id} ended {found.revoked_at}.")


def _at(database: str) -> None:
    if database:
        os.environ["LANDED_DATABASE_URL"] = database


def add_to(app: typer.Typer) -> None:
    """Put these commands on the `landed` command."""
    app.command("serve")(serve)
    app.command("mcp")(mcp)
    app.add_typer(db, name="db")
    app.add_typer(audit, name="audit")
    app.add_typer(keys, name="keys")
