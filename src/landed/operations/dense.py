"""Nearness of meaning at this site: which embedder classifications use, whether its index is there, and the building of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.assistant.models import Binding
    from landed.classify.dense import Dense, Embedder

Kind = Literal["offline", "endpoint"]
KINDS: tuple[Kind, ...] = ("offline", "endpoint")
PATIENCE = 4.0  # seconds that one classification waits for an endpoint
stated: ContextVar[str] = ContextVar("dense", default="")  # the choice of one run; else LANDED_DENSE


class Endpoint:
    """The `embed` role of an endpoint as an embedder: texts leave this machine, and each may cost."""

    paid = True
    alone = 2.0  # cosines of unknown embedders are not compared: nearness alone never answers

    def __init__(self, binding: Binding, *, patient: bool) -> None:
        from landed.assistant.models_client import Client

        self.name = f"{binding.model} at {binding.host}"
        self.binding = binding
        # A question must not wait for one that does not come; the building of the index may.
        self._client = Client(binding if patient else replace(binding, timeout=min(binding.timeout, PATIENCE), budget=min(binding.budget, PATIENCE), retries=0))

    def embed(self, texts: Sequence[str]) -> Any:
        """One vector a text; raises LandedError MODEL_FAILED."""
        return self._client.embed(texts)


@dataclass(frozen=True, slots=True)
class DenseState:
    """Whether nearness of meaning weighs in: `verdict` good, off, look; which embedder made the index, how many texts it holds, and what to do."""

    verdict: Literal["good", "off", "look"]
    found: str
    mend: str = ""


def folder(kind: Kind) -> Path:
    """Where the index of a kind is kept."""
    from landed.schedule.site import data_folder

    return data_folder() / "classify" / "dense" / kind


def choose(said: str) -> None:
    """Choose for this run: off, offline or endpoint; "" leaves it to LANDED_DENSE. Raises LandedError INVALID_REQUEST."""
    stated.set(said)
    choice()


def kind_of(said: str) -> Kind:
    """The kind that words name; raises LandedError INVALID_REQUEST."""
    for kind in KINDS:
        if said.strip().lower() == kind:
            return kind
    raise LandedError("INVALID_REQUEST", f"expected offline or endpoint, got {said[:30]!r}", where="--build-dense", mend="offline needs no network: landed classify --build-dense offline.")


def choice() -> str:
    """What was chosen: "" (whatever index is there), off, offline or endpoint. Raises LandedError INVALID_REQUEST."""
    said = (stated.get() or os.environ.get("LANDED_DENSE", "")).strip().lower()
    if said not in ("", "off", *KINDS):
        raise LandedError("INVALID_REQUEST", f"expected off, offline or endpoint, got {said[:30]!r}", where="dense", mend="Leave it (or LANDED_DENSE) out to use the index that is there.")
    return said


def _kinds() -> tuple[Kind, ...]:
    """The kinds that may answer, the first first."""
    said = choice()
    if said == "off":
        return ()
    return tuple(kind for kind in ("endpoint", "offline") if said in ("", kind))


def embedder(kind: Kind, *, patient: bool = False) -> Embedder:
    """The embedder of a kind; raises LandedError EXTRA_REQUIRED, MODEL_FAILED (no `embed` role), and those of the models' configuration."""
    if kind == "offline":
        return _offline()
    from landed.operations.ask import models

    found = models()
    binding = found.bindings.get("embed")
    if binding is None:
        raise LandedError("MODEL_FAILED", f"no endpoint embeds texts: {found.off.get('embed', 'off')}", where="dense index", mend="Set LANDED_AI_EMBED, or build the index that needs no network.")
    return Endpoint(binding, patient=patient)


@lru_cache(maxsize=1)
def _offline() -> Embedder:
    from landed.classify.dense_words import WordVectors

    return WordVectors()


_OPEN: dict[Path, tuple[Any, Dense]] = {}


def dense() -> tuple[Dense | None, str]:
    """The index that weighs in, and a plain warning where one was built but cannot be used. Without an index: (None, "")."""
    from landed.classify.dense import opened
    from landed.classify.dense_file import MANIFEST

    warning = ""
    for kind in _kinds():
        place = folder(kind)
        try:
            stat = (place / MANIFEST).stat()
        except OSError:
            if choice() == kind:
                warning = f"Nearness of meaning does not weigh in: no {kind} index is built here (`landed classify --build-dense`)."
            continue
        try:
            made = embedder(kind)
            who = (made.name, getattr(made, "binding", None))
            kept = _OPEN.get(place)
            if kept is None or kept[0] != (stat.st_mtime_ns, stat.st_size, *who):
                found = opened(made, place)
                stat = (place / MANIFEST).stat()  # it may have been made again
                kept = _OPEN[place] = ((stat.st_mtime_ns, stat.st_size, *who), found)
            return kept[1], warning
        except (LandedError, OSError) as error:
            detail = error.detail if isinstance(error, LandedError) else "its files cannot be read"
            warning = f"Nearness of meaning does not weigh in: {detail}. Build it again with `landed classify --build-dense`."
    return None, warning


def build_dense(kind: Kind, progress: Callable[[int, int], None] | None = None) -> DenseState:
    """Make the index of a kind and let it weigh in from now on; only texts not yet there are embedded.

    `progress` is told how many texts are done, and of how many. Raises LandedError EXTRA_REQUIRED, MODEL_FAILED, DENSE_FAILED, DATA_FOLDER.
    """
    from landed.classify.dense import build

    build(embedder(kind, patient=True), folder(kind), progress=progress)
    return state(kind)


def to_embed(kind: Kind) -> int:
    """How many texts the building of an index would embed now; raises as `embedder` does."""
    from landed.classify.dense import documents
    from landed.classify.dense_file import read

    texts, name = documents().texts, embedder(kind).name
    try:
        return int((read(folder(kind), name).rows_of(texts) < 0).sum())
    except LandedError:
        return len(texts)


def state(kind: Kind) -> DenseState:
    """How the index of a kind stands; nothing is sent anywhere."""
    from landed.classify.dense import documents
    from landed.classify.dense_file import manifest_of, read

    manifest = manifest_of(folder(kind))
    way = f"landed classify --build-dense {kind}"
    if manifest is None:
        return DenseState("off", "no index is built", f"{way}" if kind == "endpoint" else f"pip install 'landed[dense]', then {way}")
    if kind not in _kinds():
        return DenseState("off", "an index is there and switched off by LANDED_DENSE", "Unset it to use the index.")
    try:
        made = embedder(kind)
        rows = read(folder(kind), made.name).rows_of(documents().texts)
    except LandedError as error:
        return DenseState("look", error.detail, way if kind == "endpoint" else "It is made again at the next classification.")
    missing = int((rows < 0).sum())
    words = f"{made.name}: {len(rows) - missing:,} texts"
    return DenseState("look", f"{words}, {missing:,} new ones are not in it", way) if missing else DenseState("good", words)
