"""The dated figures of freight (`freight/data`): routing, days, boxes, factors, each with its source."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.errors import LandedError
from landed.lawbook.load import read_yaml

DATA = Path(__file__).with_name("data")


@lru_cache(maxsize=32)
def figures(name: str) -> dict[str, Any]:
    """One YAML file of figures by name; raises BAD_LAW_FILE when it does not read."""
    return read_yaml(DATA / f"{name}.yaml")


@lru_cache(maxsize=32)
def rows(name: str) -> tuple[dict[str, str], ...]:
    """One CSV file of figures by name, row by row."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def decimal(value: object) -> Decimal:
    """A figure of the data files as an exact decimal."""
    return Decimal(str(value))


def extra_required(package: str) -> LandedError:
    """The error where a package of the freight extra is not installed."""
    return LandedError("EXTRA_REQUIRED", f"freight needs {package}, which is not installed", mend="pip install 'landed[freight]'.")
