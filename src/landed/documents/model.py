"""The words of a document that was read: words on pages, fields with place and confidence, lines, checks, proposals, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["text", "scan", "sheet", "person"]
Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the upright page


@dataclass(slots=True)
class Word:
    """One word as it stands: text, edges in the page's own units from its upper left corner, and how sure the reading is (0 to 1)."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float = 1.0
    cell: str = ""  # the address of a cell of a sheet

    @property
    def middle(self) -> float:
        """The height at which the word stands."""
        return (self.y0 + self.y1) / 2


@dataclass(slots=True)
class Page:
    """One page: number from 1, size in its own units, words, how they were read, and by how many degrees it was turned upright."""

    number: int
    width: float
    height: float
    words: list[Word]
    source: Source
    turned: float = 0.0
    name: str = ""  # the name of a sheet
    image: Any = field(default=None, repr=False)  # the upright picture of a scan, an array
    hidden: list[Word] = field(default_factory=list)  # what the file holds and a person does not see: left out of every field
    hidden_parts: str = ""  # the same of a workbook, in words

    def box(self, words: list[Word]) -> Box:
        """The frame around words, as shares of the page."""
        edges = (min(w.x0 for w in words) / self.width, min(w.y0 for w in words) / self.height, max(w.x1 for w in words) / self.width, max(w.y1 for w in words) / self.height)
        return tuple(round(min(1.0, max(0.0, edge)), 4) for edge in edges)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing read: `id` (such as invoice_number, lines.2.amount), the value in plain form (numbers with a decimal point, days as ISO,
    countries and currencies as codes), the text as it stands, page (0: not on a page), box, how sure (0 to 1), and how it was read."""

    id: str
    value: str
    text: str
    page: int
    box: Box | None
    confidence: float
    source: Source
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One sum of the document: whether it holds, in words, and the fields that are suspect where it does not. `difference` is stated less computed."""

    id: str
    kind: str
    status: Literal["holds", "fails", "cannot_tell"]
    text: str
    suspects: tuple[str, ...] = ()
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reading of one field that would make every sum agree; nobody has applied it."""

    field: str
    instead_of: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Something an entry needs that the document does not say."""

    where: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """How one page was read: `source` is its text layer, a scan or a sheet; `turned` is degrees clockwise to stand upright."""

    number: int
    source: Source
    turned: float
    words: int
    confidence: float | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as read. `fields` holds header and lines alike, by id; `entry` is the request of the operation `entry` as far as the
    document goes, `missing` what it still lacks; `classify` is a batch for the operation `classify_many`."""

    kind: Literal["invoice", "packing_list", "unknown"]
    name: str
    pages: tuple[PageRead, ...]
    fields: tuple[Field, ...]
    lines: int
    checks: tuple[Check, ...]
    proposals: tuple[Proposal, ...]
    suspects: tuple[str, ...]
    entry: Mapping[str, Any]
    missing: tuple[Missing, ...]
    classify: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """The value of a field by id, or "" when the document does not say."""
        return next((f.value for f in self.fields if f.id == name), "")

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        from landed.duty.encode import to_json

        return dict(to_json(self))
