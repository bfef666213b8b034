"""Landed cost of an order: by line, by unit and as a whole."""

from __future__ import annotations

from typing import Annotated, Any

from landed.entry.cost_model import LandedCost
from landed.operations.engine import engine
from landed.operations.entry import EntryRequest
from landed.operations.registry import operation


class CostRequest(EntryRequest, total=False):
    """An entry with what else the order costs and how it is sold (docs/landed-cost.md)."""

    cost: Annotated[dict[str, Any], "brokerage, bond, drayage, other, annual_rate_pct, days, fx_margin_pct, tax_pct, selling_costs_pct"]


@operation(name="landed_cost", summary="What an order costs to land, by line and unit, with margin", method="POST", path="/v1/landed-costs", scope="entries")
def landed_cost(request: CostRequest) -> LandedCost:
    """Goods, freight, insurance, duty by heading, fees, brokerage, bond, drayage, exchange, financing and tax of an order, shared to
    lines so that they sum to the cent; per unit, with margin and break-even price at a selling price.

    Money is US dollars; unknown is null, never zero. Raises LandedError INVALID_COST and what an entry raises.
    """
    from landed.entry.cost import landed_cost as run

    return run(request, engine=engine())
