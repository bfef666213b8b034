"""The OpenAPI page at /docs: every operation with its fields, plain HTML without scripts or anything from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
section{border-top:1px solid #8886;padding:1rem 0}code,pre{font:14px/1.4 ui-monospace,monospace}pre{white-space:pre-wrap}
.m{font-weight:700;margin-right:.5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;overflow-wrap:anywhere}
"""


def html(document: dict[str, Any]) -> str:
    """The page of a document."""
    info = document["info"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{escape(info['title'])} API</title><style>{STYLE}</style>",
        f"<main><h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['summary'])}</p><p>{escape(info['description'])}</p><p><a href=/openapi.json>openapi.json</a></p>",
    ]
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parts.append(f"<section id={escape(operation['operationId'])}><h2><span class=m>{method.upper()}</span><code>{escape(path)}</code></h2><p>{escape(operation['summary'])}</p>")
            if operation.get("description"):
                parts.append(f"<pre>{escape(operation['description'])}</pre>")
            rows = [(p["name"], p.get("description", ""), p["required"]) for p in operation.get("parameters", ())]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            body = schemas.get(body.get("$ref", "").rpartition("/")[2], body)
            rows += [(name, shape.get("description", ""), name in body.get("required", ())) for name, shape in body.get("properties", {}).items()]
            if rows:
                cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{'required' if needed else ''}</td><td>{escape(words)}</td></tr>" for name, words, needed in rows)
                parts.append(f"<table><tr><th>Field</th><th></th><th>Meaning</th></tr>{cells}</table>")
            parts.append("</section>")
    return "".join(parts) + "</main></html>"
