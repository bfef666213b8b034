"""What a law would do to the profit and loss of a business, product by product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation
from landed.sourcing.exposure_model import Exposure

TABLES = ("skus", "markets", "scenarios")


class ExposureRequest(TypedDict, total=False):
    """The books (docs/exposure.md)."""

    exposure: Annotated[dict[str, Any], "settings: on, overlay, before_on, before_overlay, border_pass_through, price_form, pass_through, fixed_cost, cash_days, tail_pct, stress_market"]
    skus: Annotated[Any, "[{sku, hts_code, origin, market, price, volume, customs_value, freight, other, elasticity, duty_before_pct, duty_after_pct}]"]
    markets: Annotated[Any, "[{market, revenue, change_pct}]"]
    scenarios: Annotated[Any, "[{name, probability, overlay}]"]


@operation(name="exposure", summary="What a law would do to profit, product by product", method="POST", path="/v1/exposures", scope="exposures")
def exposure(request: ExposureRequest) -> Exposure:
    """Profit and loss before and after a law: two pass-through parameters (border and price), volume response, effects that sum to the cent, break-even
    tariff and pass-through (with "none exists" said), value of a duty point per origin, concentration, margin at risk, cash in duty, revenue stress.

    Money is US dollars a year (or whatever period volume is of). Raises LandedError INVALID_EXPOSURE with every problem by row and column in `errors`.
    """
    from landed.sourcing.exposure_answer import exposure as run

    if not isinstance(request, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object with tables", mend="See docs/exposure.md.")
    return run(request, engine())
