"""Classify from a photo or a document: what was read of it, shown and open to correction, and the ranked codes of the goods."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from landed.documents.printed import Fact
from landed.errors import LandedError
from landed.operations.registry import operation

MOST_PRODUCTS = 200  # goods lines of one document that are classified
ASKED = (
    ("text", "What is it, in the words of the trade?"),
    ("material", "What is it mostly made of?"),
    ("use", "What is it for, and who uses it?"),
    ("power", "Does it have a motor, a battery or a plug?"),
    ("part", "Is it the whole article, a part, or a set put up for retail sale?"),
)
GUIDE = "Say what is known: -a material=cotton on the command line, attributes in a request, a line of facts on the page."


class SeenRequest(TypedDict, total=False):
    """Goods as a photo or a document shows them. What you say in `text` and `attributes` stands before what was read."""

    photo: Annotated[str, "a photo of the goods or their package, base64 or a data: address"]
    document: Annotated[str, "an invoice, packing list or specification sheet (PDF, picture, XLSX, CSV), base64"]
    upload: Annotated[str, "or the id of an upload (POST /v1/uploads)"]
    shows: Annotated[str, "what an upload is: document (default) or photo"]
    name: Annotated[str, "the name of the file, for messages"]
    text: Annotated[str, "what the goods are, where you know it"]
    attributes: Annotated[dict[str, Any], "what else is known, such as {material, use}"]
    origin: Annotated[str, "country of origin; a mark in the photo is offered, never taken"]
    on: Annotated[str, "day whose tariff is read, ISO 8601; default today"]
    value: Annotated[Any, "customs value in US dollars for the money at stake"]
    limit: Annotated[int, "most candidates of each, 1 to 200; default 12"]
    offline: Annotated[bool, "use no model, even where one is configured; default false"]


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """Goods as they were asked about, and the answer of `classify` (or {"error"}); `line` is the line of an invoice."""

    line: int | None
    text: str
    attributes: Mapping[str, str]
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """`how`: vision (a model saw the photo), print (what is printed was read), sheet (a specification), lines (of an invoice).

    `read` are the facts with page, box and how sure; `origin_mark` is the country that a mark names, offered and not used. Without
    goods to classify `products` is empty and `questions` holds (name of the attribute, question).
    """

    how: Literal["vision", "print", "sheet", "lines"]
    read: tuple[Fact, ...]
    origin_mark: str
    products: tuple[SeenProduct, ...]
    questions: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        from landed.duty.encode import to_json

        return {**dict(to_json({"how": self.how, "origin_mark": self.origin_mark, "questions": self.questions, "warnings": self.warnings})), "read": [dict(to_json(asdict(f))) for f in self.read], "products": [dict(to_json(asdict(p))) for p in self.products]}


@operation(name="classify_seen", summary="Ranked tariff lines for goods in a photo, or for each line of a document", method="POST", path="/v1/classifications:seen", scope="classify")
def classify_seen(request: SeenRequest) -> SeenAnswer:
    """A photo is seen by the vision model where one is bound, else what is printed on the goods is read; an invoice gives each line of goods, a
    specification sheet its pairs of label and value. What was read fills text and attributes and does nothing else; the answer is that of `classify`.

    Raises LandedError: BAD_PHOTO, MODEL_FAILED is told in `warnings`; of a document what `read_document` raises but NO_GOODS_FOUND; what
    `classify` raises stands in each product. INVALID_REQUEST for neither or both, NOT_FOUND for no such upload.
    """
    given = [name for name in ("photo", "document", "upload") if request.get(name)]
    if len(given) != 1:
        raise LandedError("INVALID_REQUEST", "expected one of photo, document and upload", where="photo", mend="Send the file as base64 in `photo` or `document`.")
    attributes = request.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected attributes as an object, got {type(attributes).__name__}", where="attributes", mend='Send {"material": "cotton"}.')
    if request.get("text") is not None and not isinstance(request["text"], str):
        raise LandedError("INVALID_REQUEST", "expected text", where="text", mend="Say in words what the goods are.")
    if given == ["photo"]:
        return _photo(_decoded(request["photo"], "photo"), request)
    if given == ["upload"]:
        from landed.operations.read import _uploaded

        shows = request.get("shows") or "document"
        if shows not in ("photo", "document"):
            raise LandedError("INVALID_REQUEST", f"expected photo or document, got {str(shows)[:20]!r}", where="shows", mend="Say what the upload is.")
        return (_photo if shows == "photo" else _document)(_uploaded(str(request["upload"])), request)
    return _document(_decoded(request["document"], "document"), request)


def seen(*, photo: Any = None, document: Any = None, **fields: Any) -> SeenAnswer:
    """`classify_seen` for bytes or a path of this machine; raises LandedError FILE_NOT_FOUND too."""
    given = {"photo": photo, "document": document}
    request: dict[str, Any] = {**fields}
    for name, file in given.items():
        if file is None:
            continue
        data = file if isinstance(file, bytes) else _file(Path(file), name)
        if not isinstance(file, bytes):
            request.setdefault("name", Path(file).name)
        if not data:
            raise LandedError("EMPTY_FILE", f"the {name} has nothing in it", where=name, mend="Send the file again.")
        request[name] = base64.b64encode(data).decode()
    return classify_seen(request)  # type: ignore[arg-type]


def _file(path: Path, where: str) -> bytes:
    from landed.documents.source import MOST_BYTES

    try:
        if path.stat().st_size > MOST_BYTES:
            raise LandedError("FILE_TOO_LARGE", f"{path.name} has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read", where=where, mend="Send a smaller file.")
        return path.read_bytes()
    except OSError as error:
        raise LandedError("FILE_NOT_FOUND", f"expected a file that can be read, got {error.strerror}", where=str(path), mend="Check the path.") from None


def _decoded(content: Any, where: str) -> bytes:
    if not isinstance(content, str):
        raise LandedError("INVALID_REQUEST", f"expected base64 text, got {type(content).__name__}", where=where, mend="Encode the bytes of the file as base64.")
    text = content.partition(",")[2] if content.startswith("data:") else content
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise LandedError("INVALID_REQUEST", "the content is not base64", where=where, mend="Encode the bytes of the file as base64.") from None


def _photo(data: bytes, request: SeenRequest) -> SeenAnswer:
    from landed.assistant.photo import read_photo

    read_photo(data)
    warnings: list[str] = []
    facts = () if request.get("offline") else _by_model(data, warnings)
    if facts:
        return _one("vision", facts, request, warnings)
    try:
        facts = _printed(data, request)
    except LandedError as error:
        if error.code not in ("NO_TEXT", "EXTRA_REQUIRED"):
            raise
        warnings.append("Nothing is printed on it that could be read." if error.code == "NO_TEXT" else f"What is printed on it was not read: {error.detail}. {error.mend}")
    return _one("print", facts, request, warnings)


def _by_model(data: bytes, warnings: list[str]) -> tuple[Fact, ...]:
    """What the vision role sees, or nothing with a word in `warnings`."""
    from landed.assistant.models_client import Client
    from landed.assistant.photo import facts
    from landed.operations.ask import models

    binding = models().get("vision")
    if binding is None:
        warnings.append("No vision model is configured: what the photo shows was not seen, only what is printed on the goods was read.")
        return ()
    try:
        found = facts(Client(binding), data)
    except LandedError as error:
        if error.code == "BAD_PHOTO":
            raise
        warnings.append(f"The vision model gave no facts ({error.detail}): only what is printed on the goods was read.")
        return ()
    names = {"what": "words", "made_in_mark": "origin_mark"}
    countries = _countries()
    kept = []
    for name, value in found.items():
        if name == "made_in_mark":
            from landed.documents.words import country_in

            value = country_in(value.lower().replace("made in", "").strip(" ."), countries) or ""
        if value:
            kept.append(Fact(names.get(name, name), value, value, 1, None, 0.8, "scan"))
    return tuple(kept)


def _countries() -> tuple[tuple[str, str], ...]:
    from landed.operations.engine import engine

    return tuple(engine().law.countries.items())


def _printed(data: bytes, request: SeenRequest) -> tuple[Fact, ...]:
    from landed.documents.printed import printed
    from landed.documents.source import pages_of

    return printed(pages_of(data, _name(request)), _countries())


def _name(request: SeenRequest) -> str:
    return Path(str(request.get("name") or "file").replace("\\", "/")).name[:200] or "file"


def _document(data: bytes, request: SeenRequest) -> SeenAnswer:
    from landed.documents.read import read_file
    from landed.duty.request import read_day
    from landed.operations.engine import engine

    try:
        reading = read_file(data, _name(request), engine(), on=read_day(request["on"], "on") if request.get("on") else None)
    except LandedError as error:
        if error.code != "NO_GOODS_FOUND":
            raise
        return _one("sheet", _printed(data, request), request, [])
    common = {k: request[k] for k in ("on", "value", "limit") if request.get(k)}
    products = []
    for number, row in enumerate(reading.classify[:MOST_PRODUCTS], 1):
        said = {**common, **row, **({"origin": request["origin"]} if request.get("origin") else {})}
        products.append(_answered(number, str(row.get("text") or ""), {**(row.get("attributes") or {}), **(request.get("attributes") or {})}, said))
    read = tuple(Fact(f.id, f.value, f.text, f.page, f.box, f.confidence, f.source) for f in reading.fields)
    more = len(reading.classify) - MOST_PRODUCTS
    warnings = [*reading.warnings, *([f"{more} further lines were not classified: at most {MOST_PRODUCTS} at once."] if more > 0 else [])]
    return SeenAnswer("lines", read, "", tuple(products), (), tuple(warnings))


def _one(how: Literal["vision", "print", "sheet"], facts: tuple[Fact, ...], request: SeenRequest, warnings: list[str]) -> SeenAnswer:
    """One product of what was read and what the user says; the user's words stand."""
    from landed.documents.printed import words_of

    said = {str(k): str(v) for k, v in (request.get("attributes") or {}).items() if v is not None}
    attributes = dict(said)
    for fact in facts:
        if fact.name in ("words", "origin_mark"):
            continue
        own = next((v for k, v in said.items() if k.lower() == fact.name), None)
        if own is None:
            attributes[fact.name] = fact.value
        elif own.lower() not in fact.value.lower() and fact.value.lower() not in own.lower():
            warnings.append(f"It says {fact.name}: {fact.value}; your {own} stands.")
    words = words_of(facts)
    text = str(request.get("text") or "").strip() or words
    if words and text != words:
        attributes.setdefault("description", words)
    mark = next((f.value for f in facts if f.name == "origin_mark"), "")
    if mark and not request.get("origin"):
        warnings.append(f"A mark says {mark}. It is not taken as the origin: say so where it is true.")
    if not text:
        warnings.append(f"Nothing read says what the goods are. {GUIDE}")
        return SeenAnswer(how, facts, mark, (), tuple((n, q) for n, q in ASKED if n not in attributes), tuple(warnings))
    more = {k: request[k] for k in ("origin", "on", "value", "limit") if request.get(k)}
    product = _answered(None, text, attributes, more)
    error = product.answer.get("error")
    if error and error.get("code") in ("EMPTY_TEXT", "NO_KNOWN_WORD", "LANGUAGE_NOT_READ"):
        warnings.append(f"Nothing read says in known words what the goods are. {GUIDE}")
        return SeenAnswer(how, facts, mark, (), tuple((n, q) for n, q in ASKED if n not in attributes), tuple(warnings))
    return SeenAnswer(how, facts, mark, (product,), (), tuple(warnings))


def _answered(line: int | None, text: str, attributes: Mapping[str, str], more: Mapping[str, Any]) -> SeenProduct:
    from landed.operations.classify import classify

    try:
        answer: Mapping[str, Any] = classify({**more, "text": text, "attributes": dict(attributes)}).to_dict()  # type: ignore[typeddict-item]
    except LandedError as error:
        answer = {"error": error.to_dict()}
    return SeenProduct(line, text, attributes, answer)
