"""Ask in plain words: the assistant over the operations of this site, changes that wait for a click, and classification by a model."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Required, TypedDict

from landed.assistant.answer import Proposal, read_state
from landed.assistant.converse import LONGEST, Answered, Emit, converse, of_paper
from landed.assistant.models import Models, bound
from landed.assistant.tools import Tool
from landed.errors import LandedError
from landed.operations.classify import classify as classify_operation
from landed.operations.engine import engine
from landed.operations.registry import find, operation

# Reading operations that the assistant may use. None of them calls an address or reads a file. Answers of the second row hold other people's words.
READS = ("classify", "estimate", "compare", "history", "hts_show", "hts_search", "law_show", "law_diff", "law_coverage", "data_status", "landed_cost", "deadlines", "isf_check", "bond_check", "ship_distance", "ship_quote", "watch_changes")
READS_OUTSIDE = ("screen", "suppliers_search", "product_list", "product_duties", "watch_list", "saved_list")
# Changes that it may propose. Only `ask_confirm` with the token of the user's click runs one.
WRITES = ("estimate_save", "watch_save", "product_save")


class AskRequest(TypedDict, total=False):
    """A question in plain words."""

    text: Required[Annotated[str, "the question, in English or Chinese, at most 4,000 letters"]]
    state: Annotated[Any, "`state` of the answer before, so that a conversation goes on"]
    deep: Annotated[bool, "let the model that thinks longest answer, where one is configured"]
    offline: Annotated[bool, "ask no model"]
    photo: Annotated[str, "a photo of the goods, base64 or a data: address; needs a model for the vision role"]
    document: Annotated[str, "an invoice or packing list (PDF, picture, XLSX, CSV), base64: it is read and priced by rules, no model sees it"]
    name: Annotated[str, "the name of the document"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer: words, the figures that matter, what was understood and assumed, choices to click, sources, a receipt of every tool call.

    `by` is "rules" or "model"; `why_rules` says why a model that was asked did not answer. `proposal` is a change that waits for `ask_confirm` with its token.
    Send `state` back with the next question.
    """

    text: str
    intent: str
    understood: str
    language: str
    by: str
    model: str
    why_rules: str
    facts: tuple[tuple[str, str], ...]
    choices: tuple[dict[str, str], ...]
    missing: str
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    receipts: tuple[dict[str, Any], ...]
    proposal: dict[str, Any] | None
    link: str
    state: dict[str, Any]


class ConfirmAsked(TypedDict, total=False):
    """The user's click on a proposed change."""

    token: Required[Annotated[str, "`proposal.token` of the answer"]]


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was run: the operation, what it did in words, and its answer."""

    operation: str
    says: str
    result: dict[str, Any]


class ReasonRequest(TypedDict, total=False):
    """Goods to classify with a model."""

    text: Required[Annotated[str, "what the goods are, in English words"]]
    attributes: Annotated[dict[str, Any], "what else is known, such as {material, use}"]
    photo: Annotated[str, "a photo of the goods, base64: its facts join the attributes"]


@dataclass(frozen=True, slots=True)
class ReasonedCodes:
    """Codes by a model's reasoning over headings and notes, all of them in the tariff; where no model answers, those of `classify`.

    `by` is "model" or "rules", `why_rules` says why. `dropped` are codes that the model named and the tariff does not know.
    """

    candidates: tuple[dict[str, str], ...]
    question: str
    by: str
    model: str
    why_rules: str
    facts: dict[str, str]
    steps: tuple[dict[str, Any], ...]
    dropped: tuple[str, ...]
    revision: str


@operation(name="ask", summary="A question in plain words, English or Chinese, answered from the operations with receipts", method="POST", path="/v1/ask", scope="quote")
def ask(request: AskRequest) -> Asked:
    """Answers about duty, origins, history, changes ahead, codes, law, fees, landed cost, shipping, screening, deadlines, bonds and more. Every figure
    stands in a tool result or in the question; a model, where one is configured, only words it. Nothing is changed: a change is proposed and waits for a click.

    Raises LandedError: EMPTY_TEXT, TEXT_TOO_LONG, INVALID_REQUEST, BAD_PHOTO, MODEL_REQUIRED (a photo and no vision model), MODEL_FAILED.
    """
    return told(request)


@operation(name="ask_confirm", summary="Run a change that the assistant proposed and the user clicked", method="POST", path="/v1/ask:confirm", scope="write", read_only=False)
def ask_confirm(request: ConfirmAsked) -> Done:
    """Run a proposed change once. Tokens live for a quarter of an hour in the workspace that asked. For people: no model is offered this.

    Raises LandedError NOT_FOUND, SCOPE_MISSING, and what the operation raises.
    """
    from landed.assistant.pending import take
    from landed.schedule.site import data_folder
    from landed.store.actor import actor

    token = request.get("token")
    if not isinstance(token, str):
        raise LandedError("INVALID_REQUEST", f"expected a token, got {type(token).__name__}", where="token", mend="Send `proposal.token` of the answer.")
    who = actor()
    waiting = take(data_folder(), token, who.workspace)
    if waiting.operation not in WRITES or not who.may("write"):
        raise LandedError("SCOPE_MISSING", f"expected a key that may {waiting.operation}", where="Authorization", mend="Ask the administrator for a wider key.")
    found = find(waiting.operation).answer_json(waiting.request)
    return Done(waiting.operation, waiting.says, found if isinstance(found, dict) else {"answer": found})


@operation(name="classify_reasoned", summary="Tariff lines by a model's reasoning over headings and notes, checked against the tariff", method="POST", path="/v1/classifications:reason", scope="classify")
def classify_reasoned(request: ReasonRequest) -> ReasonedCodes:
    """An agent searches, compares headings, reads notes and goes down the tree; every code it returns stands in the revision. Without a model the answer is that of `classify`, and says so.

    Raises LandedError: what `classify` raises, BAD_PHOTO, MODEL_REQUIRED (a photo and no vision model), MODEL_FAILED (the photo cannot be read).
    """
    attributes = request.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected attributes as an object, got {type(attributes).__name__}", where="attributes", mend='Send {"material": "cotton"}.')
    seen = _photo_facts(request.get("photo"))
    text = request.get("text") or seen.get("what", "")
    given = {str(k)[:60]: str(v)[:300] for k, v in list(attributes.items())[:40]} | {k: v for k, v in seen.items() if k != "what"}
    offline = classify_operation({"text": text, "attributes": given, "limit": 12})
    binding = models().get("reason")
    if binding is None:
        return _by_rules(offline, seen, models().off.get("reason", "no model is configured"), (), ())
    from landed.assistant.models_client import Client
    from landed.assistant.reason import classify as reason

    tools, validate = _tree_tools(offline)
    found = reason(Client(binding), text, given, tools, validate)
    steps = tuple({"tool": s.tool, **s.request, "found": s.found} for s in found.steps)
    if not found.candidates:
        return _by_rules(offline, seen, found.why_not, steps, found.dropped)
    rows = tuple({"hts_code": code, "title": _title(code), "why": why} for code, why in found.candidates)
    return ReasonedCodes(rows, found.question, "model", binding.model, "", seen, steps, found.dropped, offline.revision)


def told(request: Mapping[str, Any], emit: Emit | None = None) -> Asked:
    """`ask`, with `emit` told of tool calls and words as they come."""
    from landed.assistant.slots import Reader

    text = request.get("text")
    if text is not None and not isinstance(text, str):
        raise LandedError("INVALID_REQUEST", f"expected text, got {type(text).__name__}", where="text", mend="Write a question.")
    question = (text or "").strip()
    if request.get("document"):
        from landed.assistant.answer import language_of

        today = date.today()
        given = {"content": request["document"], "name": str(request.get("name") or "document")[:200]}
        reader = Reader(dict(engine().law.countries), today)
        return _asked(of_paper(given, read_state(request.get("state")), _paper_tools(), reader, today, emit=emit, lang=language_of(question)))
    seen = _photo_facts(request.get("photo"))
    before: tuple[str, ...] = ()
    if seen:
        words = " ".join(v for k, v in seen.items() if k in ("what", "material", "function"))
        question = f"hts code for {words}"  # what a photo shows is classified; words in it or beside it start nothing else
        before = ("The photo shows: " + "; ".join(f"{k.replace('_', ' ')}: {v}" for k, v in seen.items()) + ".",)
    if not any(c.isalnum() for c in question):
        raise LandedError("EMPTY_TEXT", "expected a question, got none", where="text", mend="Ask, for example, the duty on 9503.00.00.73 from China worth 10,000 dollars.")
    if len(question) > LONGEST:
        raise LandedError("TEXT_TOO_LONG", f"expected at most {LONGEST:,} letters, got {len(question):,}", where="text", mend="Ask shorter; give a document as a file.")
    today = date.today()
    reader = Reader(dict(engine().law.countries), today)
    tools, bound_here = toolbox(), models()
    if request.get("deep") and bound_here.get("reason"):
        reasons = find("classify_reasoned")
        schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "attributes": {"type": "object"}}}
        tools["classify_reasoned"] = Tool(reasons.name, reasons.summary, schema, lambda given: reasons.answer_json({k: v for k, v in given.items() if k in ("text", "attributes")}))
    found = converse(question, read_state(request.get("state")), tools, reader, bound_here, today, deep=bool(request.get("deep")), offline=bool(request.get("offline")), emit=emit, before=before)
    return _asked(found)


def models() -> Models:
    """The models of this site; raises LandedError BAD_MODELS_FILE, UNKNOWN_PRESET, URL_REFUSED."""
    from landed.schedule.site import data_folder

    return bound(data_folder())


def toolbox() -> dict[str, Tool]:
    """The tools of the assistant for whoever asks: only what their scope reaches."""
    from landed.store.actor import actor

    return {tool.name: tool for tool in _tools() if not tool.writes or actor().may("write")}


@lru_cache(maxsize=1)
def _tools() -> tuple[Tool, ...]:
    found = []
    for name in (*READS, *READS_OUTSIDE, *WRITES):
        try:
            each = find(name)
        except LandedError:
            continue
        found.append(Tool(name, each.summary, each.request_schema(), _runner(name), outside=name in READS_OUTSIDE, writes=name in WRITES))
    fees = {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}, "entry_date": {"type": "string"}, "transport_mode": {"type": "string"}}}
    found.append(Tool("entry_fees", "Processing and harbor fees of a formal entry of a value in US dollars", fees, entry_fees))
    return tuple(found)


def _paper_tools() -> dict[str, Tool]:
    """The tools that answer for a document; no model is offered them."""
    names = ("read_document", "entry")
    return {name: Tool(name, find(name).summary, {}, find(name).answer_json, outside=name == "read_document") for name in names}


def _runner(name: str) -> Callable[[Mapping[str, Any]], Any]:
    def use(request: Mapping[str, Any]) -> Any:
        for field in request:
            if field in ("file", "files", "path", "url") or field == "overlay" and not isinstance(request[field], Mapping) and not str(request[field]).replace("_", "").replace("-", "").isalnum():
                raise LandedError("INVALID_REQUEST", f"the assistant gives no {field}", where=field, mend="Leave it out.")
        return find(name).answer_json(request)

    return use


def entry_fees(request: Mapping[str, Any]) -> dict[str, Any]:
    """The fees of a formal entry whose whole value owes them; raises LandedError INVALID_VALUE, INVALID_DATE."""
    from landed.duty.fees import fee_law
    from landed.duty.request import read_day

    try:
        value = Decimal(str(request.get("value")))
    except ArithmeticError:
        value = Decimal(-1)
    if not value.is_finite() or not 0 < value < Decimal("1e12"):
        raise LandedError("INVALID_VALUE", f"expected a positive amount of US dollars, got {str(request.get('value'))[:40]!r}", where="value", mend='Write a number such as "12500.00".')
    day = read_day(request.get("entry_date") or date.today().isoformat(), "entry_date")
    mode = str(request.get("transport_mode") or "ocean")
    law = fee_law(engine().law)
    spell = law.processing_on(day)
    cent = Decimal("0.01")
    processing, limit = spell.bounded(value * law.processing_rate / 100) if spell else (None, "")
    vessel = mode in law.harbor_modes
    harbor = (value * law.harbor_rate / 100).quantize(cent, "ROUND_HALF_UP") if vessel else Decimal("0.00")
    rows = [
        {
            "label": "Merchandise processing fee", "amount": None if processing is None else f"{processing:.2f}", "citation": list(law.processing_cite["formal"]),
            "rate_text": f"{law.processing_rate}%, at least {spell.minimum} and at most {spell.maximum} USD an entry" if spell else f"{law.processing_rate}%",
            "because": {"minimum": "the least of a formal entry", "maximum": "the most of a formal entry"}.get(limit, "by value") if spell else "the limits of that day are not known",
        },
        {"label": "Harbor maintenance fee", "amount": f"{harbor:.2f}", "citation": list(law.harbor_cite), "rate_text": f"{law.harbor_rate}%", "because": "vessel cargo" if vessel else "due only on cargo that arrives by vessel"},
    ]  # fmt: skip
    return {"entered_value": f"{value:.2f}", "entry_date": day.isoformat(), "transport_mode": mode, "fees": None if processing is None else f"{processing + harbor:.2f}", "lines": rows, "law_version": engine().law.version}


def _asked(found: Answered) -> Asked:
    from dataclasses import asdict

    proposal = found.proposal
    held: Proposal | None = proposal
    if proposal is not None:
        from landed.assistant.pending import keep
        from landed.schedule.site import data_folder
        from landed.store.actor import actor

        token, until = keep(data_folder(), proposal.operation, proposal.request, proposal.says, actor().workspace)
        held = replace(proposal, token=token, expires=until)
    return Asked(
        found.text, found.intent, found.understood, found.language, found.by, found.model, found.why_rules, found.facts, tuple(asdict(c) for c in found.choices), found.missing, found.assumed, found.notes,
        found.sources, found.receipts, None if held is None else {**asdict(held), "request": dict(held.request)}, found.link, found.state.to_dict(),
    )  # fmt: skip


def _photo_facts(photo: Any) -> dict[str, str]:
    """The facts that the vision role sees in a photo; empty where none was sent."""
    if not photo:
        return {}
    from landed.assistant.models_client import Client
    from landed.assistant.photo import LARGEST, facts, read_photo

    if not isinstance(photo, str):
        raise LandedError("BAD_PHOTO", f"expected base64 text, got {type(photo).__name__}", where="photo", mend="Send the picture's bytes as base64.")
    if len(photo) > LARGEST * 3 // 2:
        raise LandedError("BAD_PHOTO", f"expected at most {LARGEST:,} bytes", where="photo", mend="Send a smaller picture.")
    try:
        data = base64.b64decode(photo.partition(",")[2] if photo.startswith("data:") else photo, validate=True)
    except (binascii.Error, ValueError):
        raise LandedError("BAD_PHOTO", "expected base64 text", where="photo", mend="Send the picture's bytes as base64.") from None
    read_photo(data)
    binding = models().bindings.get("vision")
    if binding is None:
        raise LandedError("MODEL_REQUIRED", f"no model sees photos here: {models().off.get('vision', '')}", where="photo", mend="Say in words what the goods are, or configure the vision role (docs/models.md).")
    return facts(Client(binding), data)


def _tree_tools(offline: Any) -> tuple[dict[str, Callable[[str], Any]], Callable[[str], str]]:
    from landed.classify.ask import notes as notes_of
    from landed.classify.classify import tree_for
    from landed.schedule.codes import dotted

    tree = tree_for(engine(), offline.on)
    lines = frozenset(tree.lines)

    def search(about: str) -> Any:
        """Candidate lines for words: code, title, path."""
        return [{"hts_code": c.hts_code, "title": c.title, "because": list(c.because)} for c in classify_operation({"text": about, "limit": 15}).candidates]

    def headings(about: str) -> Any:
        """The headings of a chapter (2 digits), with their titles."""
        chapter = _digits(about)[:2]
        return [{"heading": code, "title": tree.titles[code]} for code in sorted(tree.titles) if len(code) == 4 and code.startswith(chapter) and chapter]

    def notes(about: str) -> Any:
        """The legal notes to read before goods are put into a chapter or heading."""
        return list(notes_of(_digits(about)))

    def children(about: str) -> Any:
        """What stands under a heading or subheading, with titles."""
        digits = _digits(about)
        length = next((n for n in (6, 8, 10) if n > len(digits)), 10)
        found = dict.fromkeys(line[:length] for line in tree.lines if line.startswith(digits)) if len(digits) >= 4 else {}
        return [{"code": dotted(code), "title": tree.title(code)} for code in list(found)[:80]]

    def validate(about: str) -> Any:
        """Whether a code of ten digits stands in the tariff."""
        return {"code": known(about), "valid": bool(known(about))}

    def known(about: str) -> str:
        digits = _digits(about)
        return dotted(digits) if digits in lines else ""

    return {"search": search, "headings": headings, "notes": notes, "children": children, "validate": validate}, known


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit() and c.isascii())[:10]


def _title(code: str) -> str:
    from landed.classify.classify import tree_for

    return tree_for(engine(), date.today()).title(code.replace(".", ""))


def _by_rules(offline: Any, seen: dict[str, str], why: str, steps: tuple[dict[str, Any], ...], dropped: tuple[str, ...]) -> ReasonedCodes:
    rows = tuple({"hts_code": c.hts_code, "title": c.title, "why": "; ".join(c.because)} for c in offline.candidates[:5])
    return ReasonedCodes(rows, offline.question.text if offline.question else "", "rules", "", why, seen, steps, dropped, offline.revision)


class _Stopped(Exception):
    """Who asked does not wait for the answer any more."""


def streamed(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The events of an answer as they come: ("tool"), ("tool_done"), ("text"), ("take_back"), then ("answer", ...) or ("error", ...)."""
    import contextvars
    import queue
    import threading

    from landed.operations.shape import plain

    events: queue.Queue[tuple[str, Mapping[str, Any]] | None] = queue.Queue()
    left = threading.Event()

    def tell(kind: str, what: Mapping[str, Any]) -> None:
        if left.is_set():
            raise _Stopped
        events.put((kind, what))

    def work() -> None:
        try:
            found = told(request, tell)
            events.put(("answer", dict(plain(found))))
        except _Stopped:
            pass
        except LandedError as error:
            events.put(("error", error.to_dict()))
        except Exception:
            import logging

            logging.getLogger("landed.assistant").exception("a question failed")
            events.put(("error", LandedError("INTERNAL", "the server failed on this question", mend="Ask again, or tell the operator.").to_dict()))
        finally:
            events.put(None)

    context = contextvars.copy_context()  # the actor of the request acts in the thread too
    threading.Thread(target=lambda: context.run(work), daemon=True).start()
    try:
        while (event := events.get()) is not None:
            yield event
    finally:
        left.set()  # who asked has left or pressed stop: nothing more is said, and no further tool is used
