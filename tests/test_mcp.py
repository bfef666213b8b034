"""The MCP server, asked by the official client: in memory, over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
import anyio

REQUEST = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-04-09"}


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)


def asked(work: Any, target: Any = None) -> Any:
    """What `work(client)` gives, with the official client connected."""
    from mcp.client import Client

    from landed.doors.mcp import make_server

    async def run() -> Any:
        async with Client(target if target is not None else make_server()) as client:
            return await work(client)

    return anyio.run(run)


def test_every_operation_is_a_tool_with_hints_and_schemas() -> None:
    from landed.operations.registry import operations

    tools = {tool.name: tool for tool in asked(lambda client: client.list_tools()).tools}
    for operation in operations():
        tool = tools[operation.name]
        assert tool.annotations.read_only_hint is operation.read_only
        assert len(tool.description) > 40 and tool.input_schema["type"] == "object" and tool.output_schema["type"] == "object"
    assert len(tools) == len(operations())


def test_the_read_only_server_offers_nothing_that_changes_the_site() -> None:
    from landed.doors.mcp import make_server

    tools = asked(lambda client: client.list_tools(), make_server(read_only=True)).tools
    assert tools and all(tool.annotations.read_only_hint for tool in tools)


def test_an_estimate_comes_as_a_sentence_beside_the_structured_answer() -> None:
    import landed

    found = asked(lambda client: client.call_tool("estimate", REQUEST))
    assert not found.is_error
    assert found.structured_content == json.loads(json.dumps(landed.estimate(REQUEST).to_dict()))
    assert found.content[0].text.startswith("Duty ") and "read through" in found.content[0].text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("compare", {"hts_code": "9503.00.00.73", "customs_value": "10000", "entry_date": "2025-04-09", "origins": ["CN", "VN"]}),
        ("history", {"hts_code": "9503.00.00.73", "country_of_origin": "CN"}),
        ("hts_show", {"code": "9503.00.00.73"}),
        ("hts_search", {"words": "toys"}),
        ("law_list", {}),
        ("law_coverage", {}),
        ("data_status", {}),
        ("product_list", {}),
        ("audit_verify", {}),
    ],
)
def test_reading_tools_answer_in_the_schema_they_state(name: str, arguments: dict[str, Any]) -> None:
    # The official client checks the structured answer against the tool's output schema and raises when it does not hold.
    async def work(client: Any) -> Any:
        await client.list_tools()
        return await client.call_tool(name, arguments)

    found = asked(work)
    assert not found.is_error and found.content[0].text.endswith(".")


def test_an_error_says_what_and_how_to_mend_it() -> None:
    found = asked(lambda client: client.call_tool("estimate", {**REQUEST, "hts_code": "9503.00.00.99"}))
    assert found.is_error and "UNKNOWN_HTS" in found.content[0].text
    assert asked(lambda client: client.call_tool("no_such", {})).is_error


def test_a_file_of_the_machine_is_not_read_through_a_tool() -> None:
    assert asked(lambda client: client.call_tool("estimate", {**REQUEST, "overlay": "/etc/passwd"})).is_error
    assert "FILE_REFUSED" in asked(lambda client: client.call_tool("data_import", {"file": "/etc/passwd"})).content[0].text


def test_the_law_is_there_as_resources() -> None:
    async def work(client: Any) -> Any:
        listed = await client.list_resources()
        templates = await client.list_resource_templates()
        coverage = await client.read_resource("law://coverage")
        line = await client.read_resource("hts://9503.00.00.73")
        return listed, templates, coverage, line

    listed, templates, coverage, line = asked(work)
    assert {str(r.uri) for r in listed.resources} >= {"law://coverage", "law://programmes"} and len(templates.resource_templates) == 3
    assert "verified_through" in json.loads(coverage.contents[0].text)
    assert json.loads(line.contents[0].text)["code"] == "9503.00.00.73"


def test_the_command_serves_on_standard_input_and_output(tmp_path: Path) -> None:
    from mcp import StdioServerParameters

    command = StdioServerParameters(command=sys.executable, args=["-m", "landed.doors.cli.main", "mcp"], env={**os.environ, "LANDED_DATA": str(tmp_path)})
    found = asked(lambda client: client.call_tool("estimate", REQUEST), command)
    assert found.structured_content["hts_code"] == "9503.00.00.73"


def test_the_command_serves_over_http(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "landed.doors.cli.main", "mcp", "--http", "--port", str(port)], env={**os.environ, "LANDED_DATA": str(tmp_path)})
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        found = asked(lambda client: client.call_tool("estimate", REQUEST), f"http://127.0.0.1:{port}/mcp")
        assert found.structured_content["hts_code"] == "9503.00.00.73"
    finally:
        server.terminate()
        server.wait(10)
