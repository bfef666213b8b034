"""The calculator page: the first answer is in the page itself; what the user does comes over the socket and the changed panels go back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from landed.doors.web import render, what_ifs
from landed.doors.web.asking import may
from landed.doors.web.shell import failed, frame, head
from landed.doors.web.state import State, starters
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.duty.model import Estimate
    from landed.operations.compare import Comparison

WAITING = '<section class="card waiting"><p>Comparing every origin…</p></section>'


def compared(state: State) -> Comparison:
    """The origins of a state, from the cache when they were asked for before; raises LandedError."""
    from landed.operations.engine import engine

    return _compared(json.dumps(state.line_request("country_of_origin"), sort_keys=True), engine().law.version)


@lru_cache(maxsize=128)
def _compared(request: str, law: str) -> Comparison:
    from landed.operations.registry import find

    found: Comparison = find("compare").run(json.loads(request))
    return found


def past(state: State, entry: Any) -> str:
    """The step chart of a state; a sentence where the past cannot be drawn."""
    from landed.operations.registry import find

    try:
        return render.history(state, find("history").run(state.line_request("entry_date")), entry)
    except LandedError as error:
        return f'<section class="card"><h2>Duty over time</h2><p class="hint">{render.html("plain.html", text=str(error.detail))}</p></section>'


class Session:
    """One open calculator: what was said, what was answered, and what the browser already shows."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.found: Estimate | None = None
        self.shown: dict[str, str] = {}

    def first(self) -> str:
        """The content of the page as it is sent."""
        examples = [{"label": e["label"], "href": urlencode(e["query"])} for e in starters()["examples"]]
        problem, result = self._answer()
        panels = self.shown
        if problem is None:
            panels["p-origins"] = WAITING
            result = render.html("result.html", panels=panels)
        return render.html("calculator.html", state=self.state, form=render.form(self.state, problem), result=result, examples=examples)

    def _answer(self) -> tuple[LandedError | None, str]:
        """Asks the engine; fills `shown` with the panels, or gives the problem and its panel."""
        from landed.operations.registry import find

        try:
            self.found = find("estimate").run(self.state.request())
        except LandedError as error:
            self.found, self.shown = None, {}
            return error, render.problem_panel(self.state, error)
        self.shown = {**render.panels(self.state, self.found), "p-history": past(self.state, self.found.entry_date)}
        return None, ""

    def again(self) -> dict[str, str]:
        """The panels that changed since the last answer, the whole result after a problem."""
        before = self.shown
        problem, result = self._answer()
        parts = {"p-form": render.form(self.state, problem), "p-intro": ""}
        if problem is not None:
            return {**parts, "result": result}
        if not before:
            self.shown["p-origins"] = WAITING
            return {**parts, "result": render.html("result.html", panels=self.shown)}
        self.shown["p-origins"] = before.get("p-origins", "")
        return {**parts, **{name: text for name, text in self.shown.items() if before.get(name) != text}}

    def elsewhere(self) -> dict[str, str]:
        """The panel of origins, if it changed."""
        if self.found is None:
            return {}
        text = render.origins(self.state, compared(self.state), self.found.country_of_origin)
        if self.shown.get("p-origins") == text:
            return {}
        self.shown["p-origins"] = text
        return {"p-origins": text}

    def line(self, seq: Any) -> str:
        """The drawer of one line, or "" when there is none."""
        found = self.found
        component = next((c for c in found.components if str(c.seq) == str(seq)), None) if found else None
        return render.line(found, component) if found and component else ""

    def hear(self, what: Mapping[str, Any]) -> bool:
        """Changes the state as the user asked; True when the answer must be computed again."""
        state, act = self.state, str(what.get("do", ""))
        name, value = str(what.get("name", "")), str(what.get("value", "")).strip()
        if act == "ask":
            said = {k: what.get(k, "") for k in ("code", "origin", "value", "currency", "rate", "on")}
            fresh = State.read(read_box(said))
            same = (fresh.code, fresh.origin) == (state.code, state.origin)
            # Answers belong to the goods: another code or origin asks anew.
            kept: dict[str, Any] = {"answers": state.answers, "spi": state.spi, "chapter_98": state.chapter_98, "exclusions": state.exclusions, "orders": state.orders} if same else {}
            self.state = replace(fresh, **kept, known_on=state.known_on, span=state.span, overlay=state.overlay)
        elif act in ("answer", "fill"):
            self.state = state.answered(name, value)
        elif act == "give-back":
            self.state = _given_back(state, name)
        elif act == "claim":
            self.state = state.claimed(str(what.get("claim", "")))
        elif act == "order" and what.get("case"):
            order = ":".join(str(what.get(k, "")).strip().replace(",", "").replace(":", "") for k in ("kind", "case", "rate"))
            self.state = replace(state, orders=tuple(sorted({*state.orders, order.rstrip(":")})))
        elif act == "drop-claims":
            self.state = replace(state, answers=(), spi="", chapter_98="", exclusions=(), orders=())
        elif act == "origin":
            self.state = replace(state, origin=value, spi="")
        elif act == "code":
            self.state = replace(state, code=value)
        elif act == "what-if":
            self.state = replace(state, overlay=what_ifs.started(value, state.origin, state.code))
        elif act == "what-if-set":
            self.state = replace(state, overlay=what_ifs.named(name, {key[2:]: given for key, given in what.items() if str(key).startswith("w.")}))
        elif act == "span":
            self.state = replace(state, span="near" if value == "near" else "")
        elif act == "address":
            self.state = State.read(dict(parse_qsl(str(what.get("query", "")))))
        else:
            return False
        self.state = replace(self.state, first=False)
        return True


def read_box(said: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields, where the one box holds a whole sentence taken apart into them."""
    from landed.doors.web.understand import understand

    found = understand(str(said.get("code", "")), render.countries())
    if not found.code and not found.more_than_goods:
        return dict(said)
    spoken = {"code": found.code or found.words, "origin": found.origin, "value": found.value, "on": found.on}
    return {**said, **{name: text for name, text in spoken.items() if text}}


def _given_back(state: State, name: str) -> State:
    kind, _, rest = name.partition(".")
    if kind == "a":
        return state.answered(rest, None)
    if kind == "exclusion":
        return replace(state, exclusions=tuple(x for x in state.exclusions if x != rest))
    if kind == "order":
        return replace(state, orders=tuple(x for x in state.orders if x != rest))
    empty: dict[str, Any] = {kind: ""}
    return replace(state, **empty) if kind in ("spi", "chapter_98", "overlay") else state


def pages() -> None:
    """Declares the live page."""
    from nicegui import ui

    @ui.page("/", title="Landed: what it costs to land")
    def calculator(request: Request) -> Response | None:
        try:
            may("estimate")
        except LandedError as error:
            return failed(error, "/")
        session = Session(State.read(request.query_params))
        ui.add_head_html(head())
        ui.add_body_html(frame("/", session.first()))
        client = ui.context.client

        def put(parts: dict[str, str], push: bool = False) -> None:
            client.run_javascript(f"landed.put({json.dumps(parts)}, {json.dumps('/?' + session.state.query()) if push else 'null'}, {json.dumps(push)})")

        async def heard(event: Any) -> None:
            from nicegui import run

            what = event.args if isinstance(event.args, dict) else {}
            if what.get("do") == "line":
                if text := session.line(what.get("seq")):
                    client.run_javascript(f"landed.drawer({json.dumps(text)})")
                return
            if what.get("do") != "ready":
                if not session.hear(what):
                    return
                put(session.again(), push=what.get("do") != "address")
            asked = session.state
            parts = await run.io_bound(session.elsewhere)
            if parts and session.state is asked:
                put(parts)

        ui.on("landed", heard)
        return None
