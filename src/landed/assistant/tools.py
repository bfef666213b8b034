"""What the assistant may use: operations by name, what they answer as JSON data, and a receipt of each use."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from landed.errors import LandedError

LARGEST_FOR_MODEL = 12_000  # letters of one result that a model is shown


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation. `outside` marks answers that hold other people's words (supplier names, notes): they ground no figure in a sentence.

    `writes` marks what changes the site: the assistant only proposes it, and the user's click runs it.
    """

    name: str
    summary: str
    schema: Mapping[str, Any]
    run: Callable[[Mapping[str, Any]], Any]
    outside: bool = False
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """One use of a tool: what was asked, what came back as JSON data (or the problem), and how long it took in milliseconds."""

    tool: str
    request: Mapping[str, Any]
    result: Any
    problem: Mapping[str, Any] | None
    milliseconds: int
    outside: bool = False

    @property
    def ok(self) -> bool:
        """Whether it answered."""
        return self.problem is None

    def receipt(self) -> dict[str, Any]:
        """The receipt: tool, request, the law it was answered with, and an id that the same question under the same law gives again."""
        found = self.result if isinstance(self.result, Mapping) else {}
        stamp = {name: found[name] for name in ("law_version", "verified_through", "hts_revision", "revision") if isinstance(found.get(name), str)}
        own = found.get("receipt_id")
        mark = own if isinstance(own, str) else "ask_" + hashlib.sha256(json.dumps([self.tool, self.request, self.result], sort_keys=True, default=str).encode()).hexdigest()[:16]
        return {"id": mark, "tool": self.tool, "request": dict(self.request), "ok": self.ok, "problem": (self.problem or {}).get("code"), "milliseconds": self.milliseconds, **stamp}


@dataclass(slots=True)
class Toolbox:
    """The tools at hand, and every use of them in this turn."""

    tools: Mapping[str, Tool]
    used: list[Used] = field(default_factory=list)
    on_use: Callable[[str, Mapping[str, Any], Used | None], None] | None = None

    def use(self, name: str, request: Mapping[str, Any]) -> Used:
        """Run a reading tool; a LandedError becomes a problem in the result. Raises LandedError UNKNOWN_TOOL, NEEDS_A_CLICK."""
        tool = self.tools.get(name)
        if tool is None:
            raise LandedError("UNKNOWN_TOOL", f"no tool is named {name[:60]!r}", where="tool", mend=f"One of {', '.join(n for n, t in self.tools.items() if not t.writes)}.")
        if tool.writes:
            raise LandedError("NEEDS_A_CLICK", f"{name} changes the site", where="tool", mend="Propose it; the user's click runs it.")
        if self.on_use:
            self.on_use(name, request, None)
        began = time.perf_counter()
        result: Any = None
        problem: Mapping[str, Any] | None = None
        try:
            result = tool.run(request)
        except LandedError as error:
            problem = error.to_dict()
        took = round((time.perf_counter() - began) * 1000)
        used = Used(name, dict(request), json.loads(json.dumps(result, default=str)), problem, took, tool.outside)
        self.used.append(used)
        if self.on_use:
            self.on_use(name, request, used)
        return used


def citations(result: Any) -> tuple[str, ...]:
    """Every citation in a result, each once, in order."""
    return tuple(dict.fromkeys(_citations(result, 0)))


def _citations(value: Any, depth: int) -> Iterator[str]:
    if depth > 12:
        return
    if isinstance(value, Mapping):
        if value.get("status") in ("not_applicable", "displaced", "exempt") and "legal" in value:
            return  # headings that do not apply are in the receipt, not among the sources
        for name, item in value.items():
            if name in ("citation", "cite"):
                yield from ([item] if isinstance(item, str) and item else [str(each) for each in item] if isinstance(item, list) else [])
            else:
                yield from _citations(item, depth + 1)
    elif isinstance(value, list):
        for item in value[:200]:
            yield from _citations(item, depth + 1)


def for_model(used: Used) -> str:
    """A result as a model is shown it: JSON, without what is long and says little, cut where it is too long."""
    if used.problem is not None:
        return json.dumps({"error": {k: used.problem.get(k) for k in ("code", "detail", "where", "mend", "near", "children", "successors") if used.problem.get(k)}}, ensure_ascii=False)[:LARGEST_FOR_MODEL]
    text = json.dumps(_short(used.result), ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LARGEST_FOR_MODEL else text[:LARGEST_FOR_MODEL] + ' ..."cut": the rest is left out'


def _short(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "components" in value:
            value = {**value, "components": [c for c in value["components"] if c.get("status") in ("applies", "unknown")]}
        return {name: _short(item) for name, item in value.items() if name not in ("path", "calendar", "coordinates", "columns", "details") and item not in (None, "", [], {})}
    if isinstance(value, list):
        return [_short(item) for item in value[:40]]
    return value
