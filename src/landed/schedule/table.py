"""The schedule in memory: the columns of the packaged file, indexed by code, with texts kept once."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landed.errors import LandedError
from landed.schedule.build import Facts, Revision, revisions_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_FOREVER = date.max.toordinal()
PACKAGED = Path(__file__).resolve().parents[1] / "law" / "us" / "schedule.parquet"


@dataclass(frozen=True)
class Table:
    """Spells of tariff lines, sorted by code and first day.

    `codes` are digits; `first` and `last` the inclusive days of a spell as ordinals (`last` is the end of
    time for lines of the last edition); `first_revision` and `last_revision` number `revisions`. A text
    column is (indices by row, distinct texts).
    """

    codes: list[str]
    first: list[int]
    last: list[int]
    first_revision: list[int]
    last_revision: list[int]
    texts: dict[str, tuple[np.ndarray, tuple[str, ...]]]
    revisions: tuple[Revision, ...]

    @cached_property
    def start(self) -> dict[str, int]:
        """The first row of each code."""
        codes = self.codes
        # Later assignments win, so the walk from the end leaves the first row of each code.
        return dict(zip(reversed(codes), range(len(codes) - 1, -1, -1), strict=True))

    @cached_property
    def text_lists(self) -> dict[str, tuple[list[int], tuple[str, ...]]]:
        return {name: (indices.tolist(), values) for name, (indices, values) in self.texts.items()}

    def text(self, column: str, row: int) -> str:
        indices, values = self.text_lists[column]
        return values[indices[row]]

    def rows_of(self, code: str) -> range:
        """The rows of a code in date order; empty when the code is in no edition."""
        row = self.start.get(code)
        if row is None:
            return range(0)
        end = row + 1
        codes = self.codes
        while end < len(codes) and codes[end] == code:
            end += 1
        return range(row, end)

    def row_on(self, code: str, ordinal: int) -> int:
        """The row of a code on a day (already clamped to the days covered), or -1."""
        row = self.start.get(code, -1)
        if row < 0:
            return -1
        codes, first, last = self.codes, self.first, self.last
        while row < len(codes) and codes[row] == code:
            if first[row] <= ordinal <= last[row]:
                return row
            row += 1
        return -1

    def under(self, prefix: str) -> range:
        """The rows of every code that begins with `prefix`, the prefix itself included."""
        return range(bisect_left(self.codes, prefix), bisect_left(self.codes, prefix + ":"))

    @property
    def first_day(self) -> int:
        return self.revisions[0].effective.toordinal()

    @property
    def last_day(self) -> int:
        """The day of the last edition: what later editions changed is not known."""
        return self.revisions[-1].effective.toordinal()


def load_table(path: Path | None = None) -> Table:
    """Read a schedule file (the packaged one by default). Raises LandedError BAD_SCHEDULE."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = path or PACKAGED
    try:
        # ParquetFile, not read_table: the latter imports the dataset machinery, which takes longer than the file.
        with pq.ParquetFile(path) as file:
            table = file.read(use_threads=False).combine_chunks()
        revisions = revisions_of(table.schema.metadata)
        epoch = date(1970, 1, 1).toordinal()
        first = _integers(table.column("from").chunk(0), 0) + epoch
        last = _integers(table.column("to").chunk(0), _FOREVER - epoch) + epoch
        texts: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {}
        for name in Facts._fields:
            column = table.column(name).chunk(0)
            texts[name] = (_integers(column.indices, 0).astype(np.int32), tuple(column.dictionary.to_pylist()))
        return Table(
            codes=table.column("code").to_pylist(),
            first=first.tolist(),
            last=last.tolist(),
            first_revision=_integers(table.column("first_revision").chunk(0), 0).tolist(),
            last_revision=_integers(table.column("last_revision").chunk(0), 0).tolist(),
            texts=texts,
            revisions=revisions,
        )
    except (OSError, pa.ArrowException, KeyError, IndexError, AttributeError) as error:
        raise LandedError(
            "BAD_SCHEDULE",
            f"expected a schedule file, got one that cannot be read ({type(error).__name__})",
            where=path.name,
            mend="Build it again, or roll the imported one back.",
        ) from None


def _integers(column: pa.Array, blank: int) -> np.ndarray:
    """The numbers of an integer or date column, read from its buffers: casts and conversions would import
    pyarrow.compute and, where it is installed, pandas, which take longer than the whole file."""
    import numpy as np

    validity, values = column.buffers()
    width = {16: np.int16, 32: np.int32}[column.type.bit_width]
    found = np.frombuffer(values, width)[column.offset : column.offset + len(column)].astype(np.int64)
    if validity is not None and column.null_count:
        present = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")[column.offset : column.offset + len(column)]
        found[present == 0] = blank
    return found
