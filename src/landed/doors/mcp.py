"""The MCP door: every operation as a tool, a plain sentence beside the structured answer, and the law as resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from landed.errors import LandedError
from landed.operations.registry import Operation, operations

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

INSTRUCTIONS = (
    "US import duty of any day, with the law cited. Start with `estimate` (hts_code, country_of_origin, customs_value in US dollars, entry_date). "
    "Answer its `questions` by sending the request again with `answers`. null is unknown, never zero; say so. Quote headings and citations from the answer, not from memory."
)
RESOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "law://coverage": ("Coverage of the law pack", "law_coverage", {}),
    "law://programmes": ("Programmes of the law pack", "law_list", {}),
    "law://overlays": ("Ready what-ifs", "law_overlays", {}),
}
TEMPLATES = {
    "law://measures/{name}": ("A programme or heading over time", "law_show", "name"),
    "law://days/{on}": ("The chapter 99 law of a day", "law_at", "on"),
    "hts://{code}": ("A line of the tariff schedule today", "hts_show", "code"),
}


def make_server(*, read_only: bool = False) -> Server[Any]:
    """The MCP server; with `read_only`, without the tools that change the store or the site."""
    import mcp_types as types
    from anyio import to_thread
    from mcp.server.lowlevel import Server

    from landed import __version__
    from landed.doors.api import outside
    from landed.operations.shape import plain

    offered = {op.name: op for op in operations() if op.read_only or not read_only}

    async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(op) for op in offered.values()])

    def answer(operation: Operation, raw: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        raw = outside.check(operation, raw)
        found = operation.run(_exact(raw))
        return sentence(operation, found), json.loads(json.dumps(plain(found), default=str))

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            operation = offered.get(params.name)
            if operation is None:
                raise LandedError("UNKNOWN_OPERATION", f"no tool is named {params.name[:60]!r}", where="name", mend="See the list of tools.")
            words, data = await to_thread.run_sync(answer, operation, params.arguments or {})
        except LandedError as error:
            problem = json.loads(json.dumps(error.to_dict(), default=str))
            said = f"{error} {json.dumps(error.extra, default=str)[:2000]}" if error.extra else str(error)
            return types.CallToolResult(content=[types.TextContent(type="text", text=said)], structured_content={"error": problem}, is_error=True)
        return types.CallToolResult(content=[types.TextContent(type="text", text=words)], structured_content=data)

    async def list_resources(_: Any, __: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[types.Resource(name=title, uri=uri, mime_type="application/json") for uri, (title, _, _) in RESOURCES.items()])

    async def list_templates(_: Any, __: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[types.ResourceTemplate(name=title, uri_template=uri, mime_type="application/json") for uri, (title, _, _) in TEMPLATES.items()])

    async def read_resource(_: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        from mcp import MCPError

        try:
            operation, raw = _resource(params.uri)
            _, data = await to_thread.run_sync(answer, operation, raw)
        except LandedError as error:
            raise MCPError(-32002, str(error), json.loads(json.dumps(error.to_dict(), default=str))) from None
        return types.ReadResourceResult(contents=[types.TextResourceContents(uri=params.uri, mime_type="application/json", text=json.dumps(data))])

    return Server(
        "landed",
        version=__version__,
        title="Landed",
        description="What goods cost to land in the United States, with the law cited.",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


def serve(*, http: bool = False, port: int = 8090, read_only: bool = False) -> None:
    """Serve on standard input and output, or as streamable HTTP on loopback, until the other side or the user ends it."""
    server = make_server(read_only=read_only)
    if http:
        import uvicorn

        uvicorn.run(server.streamable_http_app(host="127.0.0.1", stateless_http=True), host="127.0.0.1", port=port, log_level="warning", server_header=False)
        return
    import anyio
    from mcp.server.stdio import stdio_server

    async def talk() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(talk)


@lru_cache(maxsize=256)
def _tool(operation: Operation) -> Any:
    import mcp_types as types

    from landed.doors.api.openapi import answer_schema

    hints = types.ToolAnnotations(
        title=operation.summary,
        read_only_hint=operation.read_only,
        destructive_hint=None if operation.read_only else operation.name.endswith(("_remove", "_revoke", "_archive", "_cancel", "roll_back")),
        idempotent_hint=operation.read_only or operation.name.endswith(("_save", "_archive", "_revoke", "_cancel")) and operation.name != "estimate_save",
        open_world_hint=operation.name in ("data_pull", "webhook_add"),
    )
    return types.Tool(name=operation.name, title=operation.summary, description=operation.description, input_schema=operation.request_schema(), output_schema=answer_schema(operation), annotations=hints)


def _exact(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they were written, not as binary fractions."""
    from landed.operations.jsonl import parse_request

    return parse_request(json.dumps(dict(raw)), "arguments")


def _resource(uri: str) -> tuple[Operation, dict[str, Any]]:
    from landed.operations.registry import find

    if uri in RESOURCES:
        _, name, raw = RESOURCES[uri]
        return find(name), dict(raw)
    for template, (_, name, field) in TEMPLATES.items():
        head = template.partition("{")[0]
        rest = unquote(uri.removeprefix(head))
        if uri.startswith(head) and rest and "/" not in rest:
            return find(name), {field: rest}
    raise LandedError("NOT_FOUND", f"no resource is at {uri[:100]!r}", where="uri", mend=f"See {', '.join([*RESOURCES, *TEMPLATES])}.")


def sentence(operation: Operation, found: Any) -> str:
    """One or two plain sentences that say what an answer says."""
    speak = _SENTENCES.get(operation.name)
    if speak is not None:
        return speak(found)
    counted = [f"{len(value)} {name.replace('_', ' ')}" for name in getattr(found, "__slots__", ()) if isinstance(value := getattr(found, name), tuple) and name not in ("headings", "cite")]
    return f"{operation.summary}: {', '.join(counted)}." if counted else f"{operation.summary}: done."


def _estimate(found: Any) -> str:
    words = found.explanation
    if found.totals.duty_low is not None and found.totals.duty_low != found.totals.duty_high:
        words += f" Between {found.totals.duty_low:,.2f} and {found.totals.duty_high:,.2f} USD while questions are open."
    worth = [q for q in found.questions if q.change_usd]
    if worth:
        words += f" Most valuable question: {worth[0].text}"
    return f"{words} Law {found.law_version}, read through {found.verified_through}."


def _compare(found: Any) -> str:
    known = [row for row in found.rows if row.duty is not None]
    if not known:
        return f"No origin of {found.hts_code} has a known duty on {found.entry_date}."
    best, worst = known[0], known[-1]
    return f"{found.hts_code} on {found.entry_date}: least from {best.name} ({best.duty:,.2f} USD), most from {worst.name} ({worst.duty:,.2f} USD), of {found.compared} origins."


def _history(found: Any) -> str:
    now = next((s for s in found.spells if s.from_ <= found.today and (s.to is None or s.to >= found.today)), None)
    today = "unknown" if now is None or now.rate_pct is None else f"{now.rate_pct.normalize():f} percent"
    return f"{found.hts_code} from {found.origin_name}: {len(found.spells)} spells from {found.since} to {found.until}; today {today}."


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "estimate": _estimate,
    "compare": _compare,
    "history": _history,
    "hts_show": lambda p: f"{p.code}: {p.title or 'no title'}. " + (f"General rate {p.line.general}, column 2 {p.line.column_2}, units {', '.join(p.line.units) or 'none'}." if p.line else f"{len(p.children)} codes under it."),
    "law_coverage": lambda c: f"Law of {c.covers_from} to {c.covers_to}, official text read through {c.verified_through}; {c.unverified_measures} of {c.measures} measures unverified, {len(c.gaps)} known gaps.",
    "data_status": lambda s: f"Schedule {s.revision} of {s.effective}, {s.source}, {s.age_days} days old.",
    "ask": lambda a: a.text,
    "estimate_save": lambda s: f"Saved as {s.id}: duty {s.duty if s.duty is not None else 'unknown'} USD.",
    "saved_replay": lambda r: "The answer is as it was saved." if r.same else f"The answer differs now: duty {r.duty_then} USD then, {r.duty_now} USD now. {r.problem}".strip(),
    "product_save": lambda p: f"Product {p.sku} stored, version {p.version}.",
    "batch_start": lambda b: f"Batch {b.id} is {b.status}.",
    "batch_show": lambda b: f"Batch {b.id} is {b.status}: {b.done} of {b.total if b.total is not None else 'unknown'} done, {b.failed} failed.",
    "audit_verify": lambda v: f"{v.records} records, {'sound' if v.sound else 'TAMPERED WITH: ' + '; '.join(v.broken)}.",
}
