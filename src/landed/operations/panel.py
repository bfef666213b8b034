"""The statutory rate of every line from every origin on a day, as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from landed.operations.engine import engine


@dataclass(frozen=True)
class PanelFile:
    """The panel of a day and where to write it (Parquet); `origins` narrows it; `overlay` is a what-if."""

    on: date
    output: str
    origins: tuple[str, ...] = ()
    overlay: str = ""


@dataclass(frozen=True)
class PanelReport:
    """What was written."""

    output: str
    on: date
    lines: int
    origins: int
    rows: int
    programmes: tuple[str, ...]
    law_version: str


def write_panel_file(request: PanelFile) -> PanelReport:
    """Write the panel; raises DATE_OUT_OF_COVERAGE, UNKNOWN_ORIGIN, BAD_OVERLAY."""
    from landed.duty.estimate import version_of
    from landed.duty.panel import compile_panel, write_panel

    law = engine().with_overlay(request.overlay or None)
    panel = compile_panel(law, request.on, request.origins or None)
    write_panel(panel, Path(request.output))
    return PanelReport(request.output, request.on, len(panel.codes), len(panel.origins), panel.rows, panel.programmes, version_of(law.law, law.schedule))
