"""Writes sourcing.yaml: a made-up founder of 12 household products, the plan of January 2025. The prices are invented, the codes and the law are not."""

from __future__ import annotations

from pathlib import Path

# sku, code, units a year, price in China, cubic metres, kilograms, extra percent in Vietnam and in India (None: nobody there)
PRODUCTS = [
    ("Toy truck", "9503.00.00.73", 24000, 3.80, 0.0040, 0.35, 16, None),
    ("Cotton tee", "6109.10.00.12", 18000, 2.70, 0.0020, 0.20, 12, 10),
    ("Travel bag", "4202.92.31", 6000, 7.90, 0.0150, 0.60, 14, None),
    ("Headphones", "8518.30.20.00", 9000, 9.50, 0.0020, 0.25, 19, None),
    ("USB charger", "8504.40.95", 20000, 3.10, 0.0006, 0.12, 22, None),
    ("Steel pan", "7323.93.00", 7000, 6.40, 0.0080, 1.10, 15, 11),
    ("Storage box", "3924.10.40", 15000, 1.90, 0.0100, 0.40, 17, None),
    ("Desk lamp", "9405.41.84", 5000, 8.20, 0.0090, 0.90, 24, None),
    ("Sandals", "6402.99.31", 12000, 4.60, 0.0050, 0.45, 11, None),
    ("Quilt", "9404.90.96", 4000, 11.50, 0.0300, 1.60, 18, 13),
    ("Glass set", "7013.37.20", 6000, 2.60, 0.0060, 1.20, None, None),
    ("Yoga set", "9506.91.00", 5000, 8.80, 0.0180, 2.00, 21, None),
]
SUPPLIERS = {"Guangdong Home": ("CN", 0), "Zhejiang Goods": ("CN", 0), "Binh Duong Made": ("VN", 6000), "Hai Phong Works": ("VN", 5000), "Gujarat Craft": ("IN", 7000)}


def main() -> None:
    """Write the document beside this file."""
    lines = [
        "# A made-up founder's plan of January 2025, written by make_document.py. Prices are invented; codes, duties and days are not.",
        "plan: {arrival: 2025-01-31, holding_rate_pct: 12, risk_weight: 0.5, tail_pct: 75, shipments: 6, gap_pct: 0.1}",
        "skus:",
    ]
    for sku, code, units, _, cbm, kilos, _, _ in PRODUCTS:
        lines.append(f"  - {{sku: {sku}, hts_code: {code}, demand: {units}, volume_cbm: {cbm}, weight_kg: {kilos}, quantities: prs=1}}" if sku == "Sandals" else f"  - {{sku: {sku}, hts_code: {code}, demand: {units}, volume_cbm: {cbm}, weight_kg: {kilos}}}")
    lines.append("suppliers:")
    lines += [f"  - {{supplier: {name}, country: {country}, onboarding_cost: {cost}}}" for name, (country, cost) in SUPPLIERS.items()]
    lines.append("offers:")
    for n, (sku, _, units, price, _, _, vietnam, india) in enumerate(PRODUCTS):
        china = "Guangdong Home" if n % 2 == 0 else "Zhejiang Goods"
        rows = [(china, price, 30)]
        if vietnam is not None:
            rows.append(("Binh Duong Made" if n % 3 else "Hai Phong Works", price * (1 + vietnam / 100), 40))
        if india is not None:
            rows.append(("Gujarat Craft", price * (1 + india / 100), 45))
        for supplier, dear, lead in rows:
            small, large = f"{dear * 1.05:.2f}", f"{dear:.2f}"
            lines.append(f'  - {{sku: {sku}, supplier: {supplier}, origin: {SUPPLIERS[supplier][0]}, breaks: "{units // 10}: {small}; {units // 2}: {large}", lead_days: {lead}}}')
    lines += [
        "lanes:",
        "  - {origin: CN, per_cbm: 62, container_cbm: 67, container_cost: 3900}",
        "  - {origin: VN, per_cbm: 66, container_cbm: 67, container_cost: 4200}",
        "  - {origin: IN, per_cbm: 78, container_cbm: 67, container_cost: 4900}",
        "scenarios:",
        "  - {name: the law stays, probability: 0.40}",
        '  - {name: 25% more on China, probability: 0.25, overlay: "section_301_on_country country=CN rate_pct=25"}',
        '  - {name: 60% more on China, probability: 0.20, overlay: "section_301_on_country country=CN rate_pct=60"}',
        '  - {name: 25% on Vietnam, probability: 0.15, overlay: "section_301_on_country country=VN rate_pct=25"}',
        "",
    ]
    Path(__file__).with_name("sourcing.yaml").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
