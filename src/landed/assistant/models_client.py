"""Speaks the OpenAI chat protocol to any endpoint: streamed or whole, with limits on time, size and attempts; never a redirect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from landed.assistant.models_schema import first_object, problem
from landed.errors import LandedError

if TYPE_CHECKING:
    import ssl

    import httpx

    from landed.assistant.models import Binding

LARGEST = 4_000_000  # bytes of one answer
LONGEST_LINE = 1_000_000
LONGEST_TEXT = 40_000  # letters of one answer
MOST_CALLS = 16  # tool calls in one answer
BATCH = 32  # texts embedded at once
LONGEST_VECTOR = 16_384
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call that a model asks for; `arguments` is the text as it was written."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Reply:
    """One answer of a model: its words, the tools it asks for, and why it ended."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    ended: str = ""
    refusal: str = ""


def failed(detail: str, *, where: str = "model", mend: str = "Go on without it, or look with `landed doctor`.") -> LandedError:
    """The one error for a model that does not answer as it should."""
    return LandedError("MODEL_FAILED", detail, where=where, mend=mend)


class Client:
    """One role of one endpoint. Every failure is LandedError MODEL_FAILED; the key never stands in an error."""

    def __init__(self, binding: Binding, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.binding = binding
        self._sleep = sleep

    def chat(self, messages: Sequence[Mapping[str, Any]], *, tools: Sequence[Mapping[str, Any]] = (), think: bool = False, stream: bool = True, on_text: Callable[[str], None] | None = None, json_only: bool = False) -> Reply:
        """One answer to a conversation; `on_text` is given the words as they come. Raises LandedError MODEL_FAILED."""
        b = self.binding
        body: dict[str, Any] = {"model": b.model, "messages": list(messages), "stream": stream, b.limit_field: 4_000, **(b.thinking_on if think or b.always_think else b.thinking_off)}
        if tools:
            body["tools"] = list(tools)
        if json_only:
            body["response_format"] = {"type": "json_object"}
        until = time.monotonic() + b.budget
        last: LandedError | None = None
        for attempt in range(b.retries + 1):
            spoken = False

            def heard(words: str) -> None:
                nonlocal spoken
                spoken = True
                if on_text:
                    on_text(words)

            try:
                return self._once(body, stream, heard, until)
            except _Again as again:
                last = again.error
                # Words already shown are not taken back by asking a second time.
                if spoken or attempt == b.retries or time.monotonic() + again.wait >= until:
                    break
                self._sleep(again.wait or min(0.25 * 2**attempt, 4.0))
        assert last is not None
        raise last

    def ask_json(self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], *, think: bool = False) -> dict[str, Any]:
        """A JSON object that fits a schema; a wrong one is sent back once with what is wrong. Raises LandedError MODEL_FAILED."""
        said = list(messages)
        wrong = ""
        for _ in range(2):
            reply = self.chat(said, think=think, stream=False, json_only=True)
            if reply.refusal:
                raise failed("the model declines to answer")
            try:
                found = first_object(reply.text)
                wrong = problem(found, schema)
            except ValueError as broken:
                found, wrong = None, f"not JSON: {str(broken)[:100]}"
            if not wrong and isinstance(found, dict):
                return found
            said = [*said, {"role": "assistant", "content": reply.text[:4_000]}, {"role": "user", "content": f"That does not fit: {wrong}. Send only one JSON object that fits."}]
        raise failed(f"the model's answer does not fit what was asked: {wrong[:200]}")

    def models(self) -> tuple[str, ...]:
        """The names of the models that the endpoint lists; raises LandedError MODEL_FAILED."""
        with self._http() as http:
            try:
                answer = http.get(f"{self.binding.base_url}/models", headers=self._headers())
            except Exception as broken:
                raise failed(_why(broken), where=self.binding.host) from None
        if answer.status_code != 200:
            raise failed(_refused(answer.status_code), where=self.binding.host)
        try:
            return tuple(str(row["id"]) for row in answer.json()["data"])
        except (ValueError, KeyError, TypeError):
            raise failed("the endpoint does not list its models in the usual form", where=self.binding.host) from None

    def embed(self, texts: Sequence[str], *, on_done: Callable[[int], None] | None = None) -> list[list[float]]:
        """One vector a text, in order, all of one length, every figure finite; `on_done` is told how many are there.

        Texts go in batches, smaller ones where the endpoint takes no more at once. Raises LandedError MODEL_FAILED.
        """
        found: list[list[float]] = []
        size, until = BATCH, time.monotonic() + self.binding.budget
        while len(found) < len(texts):
            part = list(texts[len(found) : len(found) + size])
            try:
                made = self._embedded(part, until)
            except _TooMany as refused:
                if len(part) == 1:
                    raise refused.error from None
                size = max(1, len(part) // 2)
                continue
            if found and len(made[0]) != len(found[0]):
                raise failed("the vectors have different lengths", where=self.binding.host)
            found += made
            if on_done:
                on_done(len(found))
        return found

    def _embedded(self, texts: Sequence[str], until: float) -> list[list[float]]:
        """The vectors of one batch, asked again where the failure may pass."""
        body = {"model": self.binding.model, "input": list(texts), "encoding_format": "float"}
        for attempt in range(self.binding.retries + 1):
            try:
                return vectors(self._post("embeddings", body, until), len(texts))
            except _Again as again:
                if attempt == self.binding.retries or time.monotonic() + again.wait >= until:
                    raise again.error from None
                self._sleep(again.wait or min(0.25 * 2**attempt, 4.0))
        raise AssertionError("unreachable")

    def _post(self, path: str, body: Mapping[str, Any], until: float) -> bytes:
        import httpx

        with self._http() as http:
            try:
                with http.stream("POST", f"{self.binding.base_url}/{path}", json=body, headers=self._headers()) as answer:
                    if answer.status_code != 200:
                        error = failed(_refused(answer.status_code), where=self.binding.host)
                        if answer.status_code in AGAIN:
                            raise _Again(error, _wait(answer.headers.get("retry-after", "")))
                        raise _TooMany(error) if answer.status_code in (400, 413, 422) else error
                    return b"".join(_bytes(answer, until))
            except httpx.HTTPError as broken:
                raise _Again(failed(_why(broken), where=self.binding.host)) from None
            except (httpx.InvalidURL, httpx.StreamError) as broken:
                raise failed(_why(broken), where=self.binding.host) from None

    def _http(self) -> httpx.Client:
        import httpx

        return httpx.Client(timeout=httpx.Timeout(self.binding.timeout, connect=min(10.0, self.binding.timeout)), follow_redirects=False, verify=_certificates())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.binding.key}"} if self.binding.key else {}

    def _once(self, body: Mapping[str, Any], stream: bool, on_text: Callable[[str], None], until: float) -> Reply:
        import httpx

        with self._http() as http:
            try:
                with http.stream("POST", f"{self.binding.base_url}/chat/completions", json=body, headers=self._headers()) as answer:
                    if answer.status_code != 200:
                        error = failed(_refused(answer.status_code), where=self.binding.host)
                        if answer.status_code in AGAIN:
                            raise _Again(error, _wait(answer.headers.get("retry-after", "")))
                        raise error
                    if "text/event-stream" in answer.headers.get("content-type", "") or stream and "json" not in answer.headers.get("content-type", ""):
                        return _streamed(_lines(answer, until), on_text)
                    found = _whole(b"".join(_bytes(answer, until)))
                    if found.text:
                        on_text(found.text)
                    return found
            except httpx.HTTPError as broken:
                raise _Again(failed(_why(broken), where=self.binding.host)) from None
            except (httpx.InvalidURL, httpx.StreamError) as broken:
                raise failed(_why(broken), where=self.binding.host) from None


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """The certificates that a server is checked against; reading them takes a tenth of a second, so once."""
    import ssl

    return ssl.create_default_context()


class _Again(Exception):
    """A failure that may pass; `wait` seconds first where the endpoint says so."""

    def __init__(self, error: LandedError, wait: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class _TooMany(Exception):
    """A batch that the endpoint does not take; a smaller one may do."""

    def __init__(self, error: LandedError) -> None:
        super().__init__(str(error))
        self.error = error


def vectors(data: bytes, count: int) -> list[list[float]]:
    """The vectors of an answer in the order of the texts; raises LandedError MODEL_FAILED where they are not what was asked for."""
    found = _parsed(_decoded(data))
    rows = found.get("data") if isinstance(found, Mapping) else None
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, Mapping) for row in rows):
        raise _Again(failed(f"expected {count} vectors, got {len(rows) if isinstance(rows, list) else 'none'}"))
    if all(isinstance(row.get("index"), int) for row in rows):
        if sorted(row["index"] for row in rows) != list(range(count)):
            raise failed("the vectors are numbered in another way than the texts")
        rows = sorted(rows, key=lambda row: row["index"])
    made = [row.get("embedding") for row in rows]
    length = len(made[0]) if made and isinstance(made[0], list) else 0
    for vector in made:
        if not isinstance(vector, list) or not 0 < len(vector) <= LONGEST_VECTOR:
            raise failed("a vector has another form")
        if len(vector) != length:
            raise failed("the vectors have different lengths")
        if not all(isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) < 1e30 for x in vector):
            raise failed("a vector holds what is no number")
        if not any(vector):
            raise failed("a vector is all zeros")
    return made


def _wait(text: str) -> float:
    return min(float(text), 20.0) if text.strip().isdigit() else 0.0


def _refused(status: int) -> str:
    why = {400: "it does not take this request", 401: "the key is refused", 403: "the key may not use this model", 404: "no such model or address", 413: "the question is too long", 429: "too many questions at once"}
    return f"the endpoint answered {status}: {why.get(status, 'it fails' if status >= 500 else 'it leads elsewhere, which is not followed' if 300 <= status < 400 else 'it refuses')}"


def _why(broken: Exception) -> str:
    return {"ConnectError": "the endpoint cannot be reached", "ConnectTimeout": "the endpoint cannot be reached in time", "ReadTimeout": "the endpoint was silent for too long", "RemoteProtocolError": "the endpoint cut the answer"}.get(
        type(broken).__name__, f"the endpoint failed ({type(broken).__name__})"
    )


def _bytes(answer: httpx.Response, until: float) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > LARGEST:
            raise failed(f"the answer is longer than {LARGEST:,} bytes")
        if time.monotonic() > until:
            raise failed("the answer took longer than the time allowed")
        yield chunk


def _lines(answer: httpx.Response, until: float) -> Iterator[str]:
    rest = b""
    for chunk in _bytes(answer, until):
        rest += chunk
        *whole, rest = rest.split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise failed("a line of the stream is too long")
        for line in whole:
            yield _decoded(line)
    if rest.strip():
        yield _decoded(rest)


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _Again(failed("the answer is not UTF-8 text")) from None


def _streamed(lines: Iterator[str], on_text: Callable[[str], None]) -> Reply:
    found, parts, done = Reply(), {}, False  # type: ignore[var-annotated]
    for line in lines:
        if not line.startswith("data:"):
            continue  # comments, event names and blank lines of the protocol
        data = line[5:].strip()
        if data == "[DONE]":
            done = True
            break
        choice = _choice(_parsed(data), "delta")
        if choice is None:
            continue
        delta, ended = choice
        words = _text(delta.get("content"))
        if words:
            found.text += words
            if len(found.text) > LONGEST_TEXT:
                raise failed("the answer does not end")
            on_text(words)
        found.refusal += _text(delta.get("refusal"))
        for row in delta.get("tool_calls") or ():
            if not isinstance(row, Mapping) or not isinstance(row.get("function") or {}, Mapping):
                raise _Again(failed("a tool call has another form"))
            place = row.get("index", len(parts))
            part = parts.setdefault(place if isinstance(place, int) else len(parts), {"id": "", "name": "", "arguments": ""})
            if len(parts) > MOST_CALLS:
                raise failed("the model asks for too many tools at once")
            part["id"] = part["id"] or str(row.get("id") or "")
            part["name"] += _text((row.get("function") or {}).get("name"))
            part["arguments"] += _text((row.get("function") or {}).get("arguments"))
            if len(part["arguments"]) > LONGEST_TEXT:
                raise failed("the arguments of a tool call do not end")
        found.ended = ended or found.ended
    if not done and not found.ended:
        raise _Again(failed("the endpoint cut the answer"))
    found.calls = [Call(p["id"] or f"call_{n}", p["name"], p["arguments"]) for n, p in sorted(parts.items())]
    return _settled(found)


def _whole(data: bytes) -> Reply:
    choice = _choice(_parsed(_decoded(data)), "message")
    if choice is None:
        raise _Again(failed("the answer holds no choice"))
    message, ended = choice
    calls = message.get("tool_calls") or ()
    if not isinstance(calls, Sequence) or len(calls) > MOST_CALLS:
        raise _Again(failed("a tool call has another form"))
    found = Reply(_text(message.get("content"))[:LONGEST_TEXT], [], ended, _text(message.get("refusal")))
    for n, row in enumerate(calls):
        function = row.get("function") if isinstance(row, Mapping) else None
        if not isinstance(function, Mapping):
            raise _Again(failed("a tool call has another form"))
        arguments = function.get("arguments")
        found.calls.append(Call(str(row.get("id") or f"call_{n}"), _text(function.get("name")), arguments if isinstance(arguments, str) else json.dumps(arguments or {})))
    return _settled(found)


def _settled(found: Reply) -> Reply:
    if found.ended == "content_filter":
        found.refusal = found.refusal or "filtered"
    if not found.text.strip() and not found.calls and not found.refusal:
        raise _Again(failed("the answer is empty" if found.ended != "length" else "the answer ran out of room before it began"))
    if found.ended == "length":
        raise failed("the answer was cut at its longest length")
    return found


def _parsed(data: str) -> Any:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _Again(failed("the answer is not JSON")) from None
    if isinstance(found, Mapping) and found.get("error"):
        raise _Again(failed("the endpoint reports an error inside its answer"))
    return found


def _choice(found: Any, part: str) -> tuple[Mapping[str, Any], str] | None:
    """The message of the first choice and why it ended; None where a chunk holds none."""
    if not isinstance(found, Mapping) or not isinstance(found.get("choices") or [], list):
        raise _Again(failed("the answer has another form"))
    choices = found.get("choices") or []
    if not choices:
        return None
    message = choices[0].get(part) if isinstance(choices[0], Mapping) else None
    if message is None:
        message = {}
    if not isinstance(message, Mapping):
        raise _Again(failed("the answer has another form"))
    return message, _text(choices[0].get("finish_reason"))


def _text(value: Any) -> str:
    """Words of a message: a text, or the text parts of a list; lone surrogates become a mark."""
    if isinstance(value, list):
        value = "".join(str(part.get("text") or "") for part in value if isinstance(part, Mapping))
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""
