"""The customer's memory: confirmed codes of goods in a file at the user's site, each with who, when and why; and the goods most like new ones."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landed.classify.bm25 import Index
from landed.classify.model import Product
from landed.errors import LandedError
from landed.schedule.codes import dotted, parse_code

NEAREST = 12  # confirmed goods that have a say
LEAST_LIKENESS = 0.2  # below it another confirmed product says nothing about this one


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A code that a person settled for goods. `suggested` is what the classifier had put first; `at` is an ISO instant (UTC)."""

    text: str
    code: str
    who: str
    why: str = ""
    at: str = ""
    suggested: str = ""
    id: str = ""
    attributes: Mapping[str, str] | None = None
    category: tuple[str, ...] = ()

    @property
    def overrides(self) -> bool:
        """Whether the person chose another code than the one suggested."""
        return bool(self.suggested) and self.suggested.replace(".", "") != self.code.replace(".", "")


class Confirmed:
    """Confirmed goods ready to be asked. Immutable; make a new one when there are more."""

    def __init__(self, confirmations: Sequence[Confirmation]) -> None:
        from landed.classify.recall import words_of

        # The last word on the same goods stands.
        last = {(c.id or c.text.strip().lower()): c for c in confirmations}
        self.confirmations = tuple(last.values())
        self._bags = [words_of(Product(c.text, dict(c.attributes or {}), c.category)) for c in self.confirmations]
        self._index = Index([bag.keys() for bag in self._bags], k1=0.0, b=0.0)
        self._norms = [sum(self._index.rarity(w) for w in bag) or 1.0 for bag in self._bags]

    def like(self, tokens: dict[str, float]) -> Sequence[tuple[str, float, str]]:
        """(code digits, likeness 0 to 1, text) of the confirmed goods most like these words, best first."""
        if not self.confirmations or not tokens:
            return ()
        import numpy as np

        overlap = self._index.scores(tokens)
        asked = sum(weight * self._index.rarity(w) for w, weight in tokens.items() if self._index.knows(w)) or 1.0
        likeness = overlap / np.sqrt(asked * np.asarray(self._norms, np.float32))
        best = np.argsort(-likeness, kind="stable")[:NEAREST]
        return [
            (self.confirmations[i].code.replace(".", ""), min(float(likeness[i]), 1.0), self.confirmations[i].text)
            for i in best.tolist()
            if likeness[i] >= LEAST_LIKENESS
        ]


def memory_file(folder: Path | None = None) -> Path:
    """Where confirmed codes are kept."""
    from landed.schedule.site import data_folder

    return (folder or data_folder()) / "classify" / "confirmed.jsonl"


def confirm(confirmation: Confirmation, folder: Path | None = None) -> Confirmation:
    """Append a confirmed code (flushed to disk) and give it back with its instant.

    Raises LandedError INVALID_CODE, INVALID_REQUEST (no text or no name), DATA_FOLDER.
    """
    if not confirmation.text.strip() or not confirmation.who.strip():
        raise LandedError("INVALID_REQUEST", "expected the text of the goods and who confirms, got an empty one", where="who", mend="Name the person who decides.")
    code = parse_code(confirmation.code)
    fields = asdict(confirmation)
    fields["code"] = dotted(code)
    fields["at"] = confirmation.at or datetime.now(UTC).isoformat(timespec="seconds")
    kept = Confirmation(**fields)
    path = memory_file(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(kept), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(path.parent), mend="Set LANDED_DATA.") from None
    return kept


def confirmations(folder: Path | None = None) -> tuple[Confirmation, ...]:
    """Every confirmation in order, overridden ones included (the trail of who decided what, when and why); damaged lines are left out."""
    found = []
    try:
        lines = memory_file(folder).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    known = Confirmation.__dataclass_fields__.keys()
    for line in lines:
        try:
            raw: dict[str, Any] = json.loads(line)
            made = Confirmation(**{k: v for k, v in raw.items() if k in known})
            parse_code(made.code)
        except (ValueError, TypeError, AttributeError, LandedError):
            continue
        found.append(made)
    return tuple(found)


_KEPT: dict[Path, tuple[tuple[int, int], Confirmed]] = {}


def remembered(folder: Path | None = None) -> Confirmed | None:
    """The memory of this site, read again only when the file has changed; None when nothing was confirmed."""
    path = memory_file(folder)
    try:
        state = path.stat()
    except OSError:
        return None
    stamp = (state.st_mtime_ns, state.st_size)
    kept = _KEPT.get(path)
    if kept is None or kept[0] != stamp:
        kept = _KEPT[path] = (stamp, Confirmed(confirmations(folder)))
    return kept[1] if kept[1].confirmations else None
