"""Plans the founder's year as of January 2025, tests the plan on the law as it came, and writes page.md with frontier.svg.

    python examples/founder_12_skus/run.py
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from landed.duty.estimate import default_engine
from landed.lawbook.load import parse_yaml
from landed.sourcing.backtest import backtest
from landed.sourcing.charts import frontier_svg
from landed.sourcing.model import Plan
from landed.sourcing.plan import plan

HERE = Path(__file__).parent
ARRIVALS = tuple(map(date.fromisoformat, ("2025-04-14", "2025-06-16", "2025-08-20", "2025-11-20", "2026-03-16", "2026-08-17")))


def usd(amount: Decimal | None) -> str:
    """Whole dollars."""
    return "" if amount is None else f"${amount:,.0f}"


def solve() -> dict[str, Plan]:
    """The careful plan, the plan of one who takes the law as it stands, and the one of least mean."""
    document = parse_yaml((HERE / "sourcing.yaml").read_bytes(), "sourcing.yaml")
    engine = default_engine()
    as_it_stands = {k: v for k, v in document.items() if k != "scenarios"}
    mean = {**document, "plan": {**document["plan"], "risk_weight": 0}}
    return {"careful": plan(document, engine), "as it stands": plan(as_it_stands, engine), "least mean": plan(mean, engine, studies=False)}


def page(plans: dict[str, Plan]) -> str:
    """The whole page as Markdown."""
    document = parse_yaml((HERE / "sourcing.yaml").read_bytes(), "sourcing.yaml")
    careful, naive = plans["careful"], plans["as it stands"]
    tested = {name: backtest(document, found.allocations, ARRIVALS, default_engine()) for name, found in plans.items()}
    onboarding = {name: found.outcomes[0].onboarding for name, found in plans.items()}
    totals = {name: sum((row.cost for row in rows), Decimal(0)) + onboarding[name] for name, rows in tested.items()}
    out = [
        "# A founder with 12 products, January 2025", "",
        "Written by `run.py`. The founder and the prices are invented; tariff codes, duties and days are the law's. Goods come from China today; makers in Vietnam and India ask more, and taking one on costs something once.", "",
        "## What may come", "", "| law on arrival | probability |", "|---|--:|",
        *[f"| {o.scenario} | {o.probability * 100:.0f}% |" for o in careful.outcomes], "",
        "The probabilities are a guess of January 2025. Nobody wrote 145% for China; the plan has to do without it.", "",
        "## The plan", "", f"Weight of the tail 0.5 (the worst quarter). Mean {usd(careful.mean_cost)}, tail {usd(careful.cvar)}; {careful.proof.status if careful.proof else ''}, gap {careful.proof.gap_pct if careful.proof else ''}%.", "",
        "| product | from | units | price | mean duty | landed a unit |", "|---|---|--:|--:|--:|--:|",
        *[f"| {a.sku} | {a.supplier} ({a.origin}) | {a.units.normalize():,f} | {a.unit_price} | {a.duty_rate_pct:.1f}% | {a.landed_per_unit:.2f} |" for a in careful.allocations], "",
        "Shares of value: " + ", ".join(f"{name} {share:.0f}%" for name, share in careful.origin_shares) + f"; one who takes the law as it stands buys {', '.join(f'{share:.0f}% in {name}' for name, share in naive.origin_shares)}.", "",
        "| law | duty | whole cost | had one known | regret |", "|---|--:|--:|--:|--:|",
        *[f"| {o.scenario} | {usd(o.duty)} | {usd(o.total)} | {usd(o.best_if_known)} | {usd(o.regret)} |" for o in careful.outcomes], "",
        f"Waiting to know the law is worth at most {usd(careful.value_of_waiting)}. If each probability is off by half of itself, the mean is {usd(careful.worst_mean_if_probabilities_wrong)} at most.", "",
        "## The frontier", "", "![mean against tail](frontier.svg)", "", "| weight of the tail | mean | tail | suppliers |", "|--:|--:|--:|--:|",
        *[f"| {f.risk_weight} | {usd(f.mean)} | {usd(f.cvar)} | {f.suppliers} |" for f in careful.frontier], "",
        "## Why", "", *[f"- **{w.sku}**: {w.text}" for w in careful.why], "",
        "## What came: the plan on the law of 2025 and 2026", "",
        "Six equal shipments, entered on the days below under the law of each day (refunds of duties that courts later struck down are not counted).", "",
        "| entered | " + " | ".join(f"duty, {name}" for name in tested) + " |", "|---|" + "--:|" * len(tested),
        *[f"| {day} | " + " | ".join(usd(rows[n].duty) for rows in tested.values()) + " |" for n, day in enumerate(ARRIVALS)],
        "| **duty** | " + " | ".join(f"**{usd(sum((r.duty for r in rows), Decimal(0)))}**" for rows in tested.values()) + " |",
        "| **whole cost, onboarding included** | " + " | ".join(f"**{usd(total)}**" for total in totals.values()) + " |", "",
        f"The careful plan cost {usd(abs(totals['as it stands'] - totals['careful']))} {'less' if totals['careful'] < totals['as it stands'] else 'more'} than buying as the law of January 2025 stood "
        f"({abs(totals['as it stands'] - totals['careful']) / totals['as it stands'] * 100:.1f}%). One history proves no method: the first shipment met the dearest week of all, so read the sum without it, too.", "",
    ]  # fmt: skip
    without = {name: sum((row.cost for row in rows[1:]), Decimal(0)) + onboarding[name] for name, rows in tested.items()}
    saved = without["as it stands"] - without["careful"]
    out.append(f"Without the shipment of {ARRIVALS[0]} the careful plan costs {usd(abs(saved))} {'less' if saved > 0 else 'more'}. Law {careful.law_version}.")
    return "\n".join(out) + "\n"


def main() -> None:
    """Write page.md and frontier.svg."""
    plans = solve()
    (HERE / "page.md").write_text(page(plans), encoding="utf-8")
    (HERE / "frontier.svg").write_text(frontier_svg(plans["careful"].frontier), encoding="utf-8")
    print((HERE / "page.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
