"""Answers about a document that was given: what it says, whether its sums hold, and what the entry would owe. Its words fill fields and start nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landed.assistant.answer import Said
from landed.assistant.turn import Turn, problem
from landed.assistant.wording import money

OPEN_MODE = "entry.transport_mode"  # the one thing that an invoice never says, and that may be assumed in the open


def document(turn: Turn, request: Mapping[str, Any]) -> Said:
    """What a document says, and the draft entry priced where nothing but the mode of arrival is missing."""
    t, lang = turn.t, turn.lang
    used = turn.use("read_document", {**request, "on": turn.today.isoformat()})
    if not used.ok:
        return problem(used, turn, "")
    found = used.result
    value = {f["id"]: f["value"] for f in found["fields"]}
    total = f"{value['total']} {value.get('currency', '')}".strip() if value.get("total") else t("not stated", "未注明")
    kind = t("a packing list", "装箱单") if found["kind"] == "packing_list" else t("an invoice", "发票")
    failing = [c for c in found["checks"] if c["status"] == "fails"]
    lines = [t(f"This is {kind}; lines: {found['lines']}; total: {total}.", f"这是{kind}；行数：{found['lines']}；总额：{total}。")]
    lines.append(t("Every sum that can be checked holds.", "可核对的金额都一致。") if not failing else t("These sums do not hold; look at them before you go on:", "以下金额不一致，请先核对："))
    lines += [f"- {c['text']}" for c in failing[:8]]
    missing = [m for m in found["missing"] if m["where"] != OPEN_MODE]
    entry: dict[str, Any] = {"entry": {**found["entry"]["entry"]}, "lines": found["entry"]["lines"], **{k: v for k, v in found["entry"].items() if k not in ("entry", "lines")}}
    if not entry["entry"].get("transport_mode"):
        entry["entry"]["transport_mode"] = "ocean"
        turn.assumed.append(t("arrival by ocean", "海运"))
    turn.assumed.append(t("entry today", "今天入境"))
    priced = turn.use("entry", entry)
    if not priced.ok:
        lines += _lacks(missing, turn, t("Before it can be priced, the paper lacks:", "计算之前还缺："))
        return Said("\n".join([*lines, *([] if missing else [problem(priced, turn, "").text])]), ((t("Lines", "行数"), str(found["lines"])), (t("Total", "总额"), total)), link="/documents")
    totals = priced.result["totals"]
    duty = money(totals["duty"], lang) if totals["duty"] is not None else t(f"unknown; known so far {money(totals['known_duty_subtotal'], lang)}", f"未知；已知部分 {money(totals['known_duty_subtotal'], lang)}")
    lines.append(t(f"Entered as drafted it owes duty of {duty}, and fees of {money(totals['fees'], lang)}.", f"按草稿报关，关税 {duty}，规费 {money(totals['fees'], lang)}。"))
    for row in priced.result["lines"]:
        lines.append(f"- {row['line']}: {row['hts_code']}, {turn.country(row['country_of_origin'])}, {money(row['entered_value'], lang)}: {t('duty', '关税')} {money(row['duty'], lang)}")
    lines += _lacks(missing, turn, t("Before it can be filed:", "申报之前还缺："))
    return Said("\n".join(lines), ((t("Total", "总额"), total), (t("Duty", "关税"), money(totals["duty"], lang)), (t("Entry fees", "规费"), money(totals["fees"], lang))), link="/documents")


def _lacks(missing: list[Mapping[str, Any]], turn: Turn, head: str) -> list[str]:
    """What the paper does not say, as lines under a head."""
    return [head, *(f"- {m['why']} {m['mend']}" for m in missing[:8])] if missing else []
