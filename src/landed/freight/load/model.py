"""The words of a load plan: container, placement, block, step, plan. Whole millimetres and kilograms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.model import Warning_
from landed.errors import LandedError
from landed.freight.reference import decimal, figures


@dataclass(frozen=True, slots=True)
class Container:
    """A type of box: inner size and door in millimetres, `limit_kg` the cargo it may carry where it goes, `limit` why."""

    code: str
    name: str
    teu: Decimal
    length: int
    width: int
    height: int
    door_width: int
    door_height: int
    payload_kg: Decimal
    limit_kg: Decimal
    limit: str

    @property
    def volume(self) -> int:
        """Cubic millimetres."""
        return self.length * self.width * self.height


@dataclass(frozen=True, slots=True)
class Placement:
    """One piece in a container: its corner nearest the back left floor, and its sides as it stands."""

    item: int
    x: int
    y: int
    z: int
    length: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Block:
    """Like pieces that stand together: how many along, across and up, from a corner on."""

    item: int
    x: int
    y: int
    z: int
    length: int
    width: int
    height: int
    along: int
    across: int
    up: int

    @property
    def count(self) -> int:
        return self.along * self.across * self.up

    def pieces(self) -> list[Placement]:
        """The pieces in the order of loading: from the back, from the floor up."""
        return [
            Placement(self.item, self.x + i * self.length, self.y + j * self.width, self.z + k * self.height, self.length, self.width, self.height)
            for i in range(self.along)
            for k in range(self.up)
            for j in range(self.across)
        ]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of loading, for the people at the door."""

    number: int
    name: str
    pieces: int
    words: str


@dataclass(frozen=True, slots=True)
class Load:
    """One loaded container (or `count` alike): blocks in the order of loading."""

    container: Container
    count: int
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]
    pieces: int
    gross_kg: Decimal
    fill_pct: Decimal
    centre_pct: Decimal  # centre of gravity, percent of the length from the back wall


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Where every piece goes. `left` names pieces that found no place (none where the plan chose the containers)."""

    loads: tuple[Load, ...]
    equipment: tuple[tuple[str, int], ...]
    pieces: int
    volume_m3: Decimal
    gross_kg: Decimal
    left: tuple[tuple[str, int], ...]
    items: tuple[str, ...]  # names by the number that blocks carry
    warnings: tuple[Warning_, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        from landed.freight.encode import to_json

        found: dict[str, Any] = to_json(self)
        return found


@lru_cache(maxsize=64)
def container(code: str, country: str = "") -> Container:
    """A container type by ISO code; its limit is the payload, or the road limit of the country of destination if lower.

    Raises UNKNOWN_CONTAINER.
    """
    data = figures("boxes")
    row = data["containers"].get(code)
    if row is None:
        raise LandedError("UNKNOWN_CONTAINER", f"expected one of {', '.join(data['containers'])}, got {code[:20]!r}", where="container", mend="Give an ISO type code.")
    road = (data["road_limits"].get(country) or {}).get(code)
    payload = decimal(row["payload"])
    limit, why = (decimal(road), f"road limit in {country} without permit") if road is not None and decimal(road) < payload else (payload, "payload of the container")
    return Container(
        code, str(row["name"]), decimal(row["teu"]), int(row["length"]), int(row["width"]), int(row["height"]), int(row["door_width"]), int(row["door_height"]), payload, limit, why
    )
