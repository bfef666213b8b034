"""The official DCSA specification files as validators: what the tests hold every message to. Read where they stand, never copied."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
DCSA = SHARED / "freight" / "dcsa"
FILES = {"cs": "cs/v1/CS_v1.0.3.yaml", "bkg": "bkg/v2/BKG_v2.0.5.yaml", "tnt2": "conformance/TNT_v2.2.0-resolved.yaml", "tnt3": "conformance/TNT_v3.0.0.yaml"}
BASE = {"cs": "", "bkg": "", "tnt2": "", "tnt3": "/v3"}


def need_spec() -> None:
    """Skip where the specification files or openapi-core are not at hand."""
    if not DCSA.is_dir():
        pytest.skip("the DCSA specification files (../shared/freight/dcsa) are not here")
    pytest.importorskip("openapi_core")


def samples(pattern: str) -> list[Path]:
    """Official sample messages."""
    return sorted((DCSA / "conformance").glob(pattern)) if DCSA.is_dir() else []


@lru_cache(maxsize=8)
def document(name: str) -> dict[str, Any]:
    """One specification as data: days stay texts, and list defaults written as one text become lists."""
    import yaml

    class Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Plain.yaml_implicit_resolvers = {k: [r for r in v if r[0] != "tag:yaml.org,2002:timestamp"] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    found: dict[str, Any] = yaml.load((DCSA / FILES[name]).read_text(encoding="utf-8"), Loader=Plain)
    _split(found)
    found["servers"] = [{"url": "http://127.0.0.1" + BASE[name]}]
    return found


def _split(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("type") == "array" and isinstance(value.get("default"), str):
            value["default"] = value["default"].split(",")
        for each in value.values():
            _split(each)
    elif isinstance(value, list):
        for each in value:
            _split(each)


@lru_cache(maxsize=8)
def openapi(name: str) -> Any:
    """The specification as openapi-core reads it."""
    from openapi_core import OpenAPI

    return OpenAPI.from_dict(document(name))  # type: ignore[arg-type]


class _Request:
    def __init__(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None) -> None:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        self.host_url, self.path, self.method = "http://127.0.0.1", path, method.lower()
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(headers))
        self.body, self.content_type = body, "application/json"


class _Response:
    def __init__(self, status: int, headers: dict[str, str], data: bytes) -> None:
        from werkzeug.datastructures import Headers

        self.status_code, self.data, self.content_type, self.headers = status, data, "application/json", Headers(headers)


def of_path(path: str) -> str:
    """Which specification a path of the simulator belongs to."""
    return "cs" if path.startswith("/v1/") else "tnt3" if path.startswith("/v3/") else "tnt2" if "event" in path else "bkg"


def check(method: str, path: str, query: dict[str, str], body: bytes | None, status: int, headers: dict[str, str], data: bytes, name: str = "") -> None:
    """Hold a request and its answer to the specification; raises what openapi-core raises."""
    spec = openapi(name or of_path(path))
    plain = {k: v for k, v in query.items() if ":" not in k}
    request = _Request(method, path, plain, {"API-Version": "2"}, body or None)
    spec.validate_request(request)
    check_response(spec, request, status, headers, data)


def check_response(spec: Any, request: Any, status: int, headers: dict[str, str], data: bytes) -> None:
    """Hold an answer to the specification."""
    spec.validate_response(request, _Response(status, headers, data))
