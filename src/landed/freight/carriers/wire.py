"""Calls to a carrier: signed in, bounded, repeated only where repeating cannot double anything, and honest about what is not known."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError
from landed.freight.carriers.settings import CarrierSettings

if TYPE_CHECKING:
    import httpx

TRIES = 4  # of a call that may be repeated
MOST_BYTES = 8_000_000
LONGEST_WAIT = 30.0  # seconds before a repetition


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a carrier: `body` is None where there is none or it is no JSON (`text` then holds its beginning)."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str = ""


class NotSent(Exception):
    """The message certainly had no effect: it never left, or the carrier was too busy to take it."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.wait = why, wait


class InDoubt(Exception):
    """The message may have had its effect: the answer never came, or says nothing of use."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Wire:
    """Calls to one carrier. `client`, `sleep` and `now` (seconds since 1970) can be put in by a test."""

    def __init__(
        self, settings: CarrierSettings, client: httpx.Client | None = None, sleep: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.time
    ) -> None:
        self.settings, self.sleep, self.now = settings, sleep, now
        self._client = client
        self._token = ("", 0.0)
        self._jitter = random.Random()  # spreads repetitions; nothing hangs on its values

    def get(self, api: str, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Read something; repeated on 429, 5xx and silence. Raises CARRIER_UNREACHABLE, CARRIER_FAILED, CARRIER_BUSY."""
        return self._repeated("GET", api, path, None, params)

    def put(self, api: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Replace something; repeated like a reading, because the same content twice is the same content. Raises as `get`."""
        return self._repeated("PUT", api, path, body, None)

    def once(self, method: str, api: str, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None) -> Answer:
        """Send something exactly once. Raises NotSent or InDoubt; a refusal (4xx) is an answer."""
        import httpx

        try:
            answer = self._call(method, api, path, body, params)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(type(error).__name__) from None
        except httpx.TransportError as error:
            raise InDoubt(f"no answer ({type(error).__name__})") from None
        if answer.status == 429:
            raise NotSent("the carrier is busy (429)", self._wait(answer, 0))
        if answer.status >= 500:
            raise InDoubt(f"the carrier failed ({answer.status})")
        return answer

    def _repeated(self, method: str, api: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, Any] | None) -> Answer:
        import httpx

        problem = LandedError("CARRIER_UNREACHABLE", f"{self.settings.title} does not answer", where="carrier", mend="Try again later.")
        for attempt in range(TRIES):
            try:
                answer = self._call(method, api, path, body, params)
            except httpx.TransportError as error:
                problem = LandedError("CARRIER_UNREACHABLE", f"{self.settings.title} does not answer ({type(error).__name__})", where="carrier", mend=_mend(self.settings))
                wait = self._wait(None, attempt)
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                wait = self._wait(answer, attempt)
                problem = failure(self.settings, answer)
            if attempt + 1 < TRIES:
                self.sleep(wait)
        raise problem

    def _wait(self, answer: Answer | None, attempt: int) -> float:
        if answer is not None:
            said = answer.headers.get("retry-after", "")
            if said.isdigit():
                return min(float(said), LONGEST_WAIT)
        return min(LONGEST_WAIT, 0.3 * float(1 << attempt) * (1 + self._jitter.random()))

    def _call(self, method: str, api: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, Any] | None) -> Answer:
        settings = self.settings
        if api:
            path = settings.api(api).path + path
        content = None if body is None else dumps(body)
        headers = {"Accept": "application/json", **self._signed_in()}
        if api:
            headers["API-Version"] = settings.api(api).version.partition(".")[0]
        if content is not None:
            headers["Content-Type"] = "application/json"
        client = self._opened()
        with client.stream(method, settings.base_url + path, content=content, params=_plain(params), headers=headers, timeout=settings.timeout_seconds) as response:
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    break
                parts.append(part)
        raw = b"".join(parts)
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, _json(raw) if size <= MOST_BYTES else None, raw[:300].decode("utf-8", "replace"))

    def _opened(self) -> httpx.Client:
        import httpx

        if self._client is None:
            self._client = httpx.Client(follow_redirects=False, trust_env=False)  # credentials follow nobody elsewhere
        return self._client

    def _signed_in(self) -> dict[str, str]:
        auth = self.settings.auth
        found = {}
        if auth.key_header:
            found[auth.key_header] = os.environ.get(auth.key_env, "")
        if auth.kind == "oauth":
            found["Authorization"] = f"Bearer {self._bearer()}"
        return found

    def _bearer(self) -> str:
        token, until = self._token
        if token and self.now() < until:
            return token
        auth = self.settings.auth
        form = {"grant_type": "client_credentials", "client_id": os.environ.get(auth.id_env, ""), "client_secret": os.environ.get(auth.secret_env, "")}
        if auth.scope:
            form["scope"] = auth.scope
        headers = {auth.key_header: os.environ.get(auth.key_env, "")} if auth.key_header else {}
        response = self._opened().post(auth.token_url, data=form, headers=headers, timeout=self.settings.timeout_seconds)
        body = _json(response.content)
        if response.status_code != 200 or not isinstance(body, dict) or not body.get("access_token"):
            raise LandedError("CARRIER_REFUSED", f"{self.settings.title} refuses to sign us in ({response.status_code})", where="carrier", mend=f"Check {auth.id_env} and {auth.secret_env}.")
        try:
            lasts = float(body.get("expires_in", 300))
        except (TypeError, ValueError):
            lasts = 300.0
        self._token = (str(body["access_token"]), self.now() + max(0.0, lasts - 30))
        return self._token[0]


def failure(settings: CarrierSettings, answer: Answer) -> LandedError:
    """The error that an answer of 4xx or 5xx stands for, with the carrier's own `errors` (what, and at which property)."""
    if answer.status == 429:
        return LandedError("CARRIER_BUSY", f"{settings.title} takes no more requests for now (429)", where="carrier", mend="Try again in a minute.", status_code=429)
    if answer.status >= 500:
        return LandedError("CARRIER_FAILED", f"{settings.title} failed ({answer.status})", where="carrier", mend="Try again later.", status_code=answer.status)
    errors = errors_of(answer.body)
    first = f": {errors[0]['message']}" if errors else ""
    at = errors[0]["at"] if errors else ""
    return LandedError(
        "CARRIER_REFUSED", f"{settings.title} refuses the request ({answer.status}){first}", where=at or "carrier", mend="Correct what the carrier names; its words are data, nobody acts on them.", status_code=answer.status, errors=errors,
    )  # fmt: skip


def errors_of(body: Any) -> list[dict[str, str]]:
    """The errors of a DCSA error answer: where (path or property) and the carrier's words, shortened."""
    rows = body.get("errors") or body.get("feedbackElements") if isinstance(body, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            message = str(row.get("errorCodeMessage") or row.get("message") or row.get("errorCodeText") or "")
            found.append({"at": str(row.get("jsonPath") or row.get("property") or "")[:200], "message": message[:500], "code": str(row.get("errorCode") or row.get("code") or "")[:50]})
    return found


def dumps(body: Any) -> bytes:
    """JSON in one fixed form (keys in order, exact decimals): the bytes that a token stands for are the bytes that are sent."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_number).encode()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no place in a message")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=Decimal) if raw else None
    except (ValueError, RecursionError):
        return None


def _plain(params: Mapping[str, Any] | None) -> dict[str, str]:
    return {k: ("true" if v is True else "false" if v is False else str(v)) for k, v in (params or {}).items() if v not in (None, "")}


def _mend(settings: CarrierSettings) -> str:
    return "Start it: landed freight sim." if settings.name == "sim" else "Try again later."
