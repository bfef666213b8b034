"""Answers about codes and law: classification, lines of the schedule, programmes and headings, how far the data reach, and help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from landed.assistant.answer import Choice, Said
from landed.assistant.turn import Turn, ask_for, phrases, problem
from landed.assistant.wording import day, money

_BANDS = {"high": ("high confidence", "把握大"), "medium": ("medium confidence", "把握中等"), "low": ("low confidence", "把握小")}


def classify(turn: Turn) -> Said:
    """Ranked codes with the band of each, the question that separates them, and what the choice is worth."""
    s, t = turn.slots, turn.t
    if not s.goods:
        return ask_for("goods", turn)
    request: dict[str, Any] = {"text": s.goods, "limit": 5, "origin": s.origin}
    if s.value and s.currency == "USD":
        request["value"] = s.value
    used = turn.use("classify", request)
    if not used.ok:
        return problem(used, turn, "goods")
    found = used.result
    rows = found["candidates"]
    first = rows[0]
    turn.slots = replace(s, code=first["hts_code"])
    lines = [t(f"“{s.goods}” is most likely {first['hts_code']}, {first['title']} ({_BANDS[first['band']][0]}).", f"“{s.goods}”最可能归入 {first['hts_code']}，{first['title']}（{_BANDS[first['band']][1]}）。")]
    for row in rows:
        why = "; ".join(row["because"][:1])
        lines.append(f"- {row['hts_code']} {row['title']} — {why}")
    stake = found.get("stake")
    if stake:
        lines.append(stake["text"])
    question = found.get("question")
    choices = tuple(Choice(a["label"], f"{a['label']} {s.goods}") for a in question["answers"]) if question else ()
    if question:
        lines.append(question["text"])
    if found["needs_broker"]:
        lines.append(t("Have a broker confirm the code before you file.", "报关前请由报关行确认税号。"))
    lines += [t("Without national article text digits past the sixth are a guess.", "没有本国税则全文时，第六位之后仅为猜测。")] if found["text_source"] == "hs6" else []
    return Said("\n".join(lines), ((t("Code", "税号"), first["hts_code"]), (t("Confidence", "把握"), t(*_BANDS[first["band"]]))), choices, link="/classify")


def hts(turn: Turn) -> Said:
    """A line with its rates and units, or what stands under a heading."""
    s, t, lang = turn.slots, turn.t, turn.lang
    code = s.code or s.heading
    if not code:
        return classify(turn) if s.goods else ask_for("heading", turn)
    used = turn.use("hts_show", {"code": code, "on": s.day.isoformat() if s.day else ""})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    lines = [f"{found['code']}" + (f": {found['title']}" if found["title"] else "")]
    facts: list[tuple[str, str]] = []
    if found["line"]:
        line = found["line"]
        facts = [(t("General", "普通"), line["general"]), (t("Column 2", "第2栏"), line["column_2"]), (t("Units", "单位"), ", ".join(line["units"]) or t("none", "无"))]
        lines.append(t(f"General rate {line['general']}; column 2 {line['column_2']}; units {', '.join(line['units']) or 'none'}.", f"普通税率 {line['general']}；第2栏 {line['column_2']}；单位 {', '.join(line['units']) or '无'}。"))
        lines += [t(f"- Special: {rate} ({', '.join(symbols)})", f"- 特惠：{rate}（{', '.join(symbols)}）") for symbols, rate in line["special"][:4]]
        lines.append(t("Added duties by origin come on top: ask for the duty from a country.", "按原产国加征的关税另计：可询问某国的关税。"))
    choices = tuple(Choice(f"{c['code']} {c.get('title') or ''}".strip()[:140], t(f"look up {c['code']}", f"查一下税则号 {c['code']}")) for c in found["children"][:24])
    if choices:
        lines.append(t("Under it:", "其下："))
        lines += [f"- {c.label}" for c in choices[:12]]
    lines.append(t(f"Read in {found['revision']} for {day(found['on'], lang)}.", f"版本：{found['revision']}，{day(found['on'], lang)}。"))
    return Said("\n".join(lines), tuple(facts), choices, link=f"/hts/{found['code']}")


def law(turn: Turn) -> Said:
    """A programme or a heading: what it asks, of what, from when, and by which instrument."""
    s, t, lang = turn.slots, turn.t, turn.lang
    name = s.law or s.heading
    if not name:
        return ask_for("law", turn)
    used = turn.use("law_show", {"name": name, "on": s.day.isoformat() if s.day else ""})
    if not used.ok:
        return problem(used, turn, "law")
    found = used.result
    today = turn.today.isoformat()
    if s.origin:
        own = [m for m in found["measures"] if s.origin in m["origins"].replace(",", " ").split() or turn.countries.get(s.origin, "\0").lower() in m["origins"].replace("_", " ").lower()]
        ids = {m["programme"] for m in own}
        if own:
            found = {**found, "measures": own, "programmes": [p for p in found["programmes"] if p["id"] in ids]}
    lines = []
    for p in found["programmes"][:8]:
        until = t("still in force", "仍有效") if p["last_day"] is None else t(f"to {day(p['last_day'], lang)}", f"至{day(p['last_day'], lang)}")
        lines.append(t(f"{p['title']} ({p['id']}): {p['authority']}; from {day(p['first_day'], lang)}, {until}.", f"{p['title']}（{p['id']}）：{p['authority']}；自{day(p['first_day'], lang)}起，{until}。"))
    now = [m for m in found["measures"] if m["effective_from"] <= today and (m["effective_to"] is None or m["effective_to"] >= today)]
    shown = found["measures"] if s.law[:2] in ("98", "99") else now or found["measures"]
    if not now:
        lines.append(t("Nothing of it is in force today.", "目前没有任何部分有效。"))
    for m in shown[-8:] if s.law[:2] in ("98", "99") else shown[:8]:
        span = f"{day(m['effective_from'], lang)} – {day(m['effective_to'], lang) if m['effective_to'] else t('open', '无期限')}"
        lines.append(f"- {m['heading'] or m['programme']} {m['title']}: {m['rate_text'] or m['effect']}; {span}; {t('origins', '原产地')} {m['origins'] or '-'}" + ("" if m["verified"] else t(" (not verified)", "（未核实）")))
    cite = list(dict.fromkeys(c for m in shown for c in m["cite"]))[:6]
    if cite:
        lines.append(t("By: ", "依据：") + "; ".join(cite))
    return Said("\n".join(lines), link=f"/law/{name}" if "*" not in name else "/law")


def coverage(turn: Turn) -> Said:
    """How far the law and the schedule reach, and what is known to be missing."""
    t, lang = turn.t, turn.lang
    used = turn.use("law_coverage", {})
    data = turn.use("data_status", {})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    lines = [
        t(f"Law of {day(found['covers_from'], lang)} to {day(found['covers_to'], lang)}, official text read through {day(found['verified_through'], lang)}.", f"法律覆盖{day(found['covers_from'], lang)}至{day(found['covers_to'], lang)}，官方文本核对至{day(found['verified_through'], lang)}。"),
        t(f"{found['measures']} measures in {found['programmes']} programmes; {found['unverified_measures']} of them are not verified.", f"{found['programmes']}个项目共{found['measures']}项措施，其中{found['unverified_measures']}项未核实。"),
    ]
    if data.ok:
        status = data.result
        lines.append(t(f"Tariff schedule {status['revision']}, {number_of(status['age_days'])} days old.", f"税则版本 {status['revision']}，距今{number_of(status['age_days'])}天。"))
    lines.append(t("Known, but not encoded:", "已知但尚未编入："))
    lines += [f"- {g['title']}" for g in found["gaps"][:8]]
    return Said("\n".join(lines), link="/law/coverage")


def number_of(value: Any) -> str:
    """A count as text."""
    return str(value)


def help_(turn: Turn) -> Said:
    """What can be asked, with examples to click."""
    t = turn.t
    examples = tuple(str(row[turn.lang]) for row in phrases()["examples"])
    text = t(
        "I answer about US import duty of any day: what goods owe and why, from where they owe least, when it changed and will change, what would lower it, codes, laws, fees, landed cost, shipping, screening, deadlines, refunds and bonds. Every figure comes from a calculation you can open.",
        "我回答任何日期的美国进口关税问题：应交多少及原因、哪国最低、何时变化、如何降低，以及归类、法律、规费、到岸成本、运输、筛查、期限、退税与保证金。每个数字都来自可查看的计算。",
    )
    return Said(text, choices=tuple(Choice(e, e) for e in examples))


def outside(turn: Turn) -> Said:
    """What is said to a question about something else."""
    said = help_(turn)
    text = turn.t("I cannot help with that: I answer questions about importing goods into the United States. For example:", "这个我帮不了：我只回答进口到美国的货物问题。例如：")
    return Said(text, choices=said.choices[:5])


def unknown(turn: Turn) -> Said:
    """What is said where nothing was understood."""
    said = help_(turn)
    text = turn.t("I did not understand what you are after. These are things I can answer:", "没有理解您的问题。以下是我能回答的：")
    return Said(text, choices=said.choices)


def products(turn: Turn) -> Said:
    """The products kept here."""
    used = turn.use("product_list", {"limit": 20})
    if not used.ok:
        return problem(used, turn)
    rows = used.result["products"]
    if not rows:
        return Said(turn.t("No product is kept yet.", "还没有保存的产品。"), link="/products")
    lines = [turn.t("Products kept here:", "已保存的产品：")]
    lines += [f"- {p['sku']}: {p['hts_code']}, {turn.country(p['country_of_origin'])}" + (f", {money(p['unit_value'], turn.lang)}" if p.get("unit_value") else "") for p in rows[:20]]
    return Said("\n".join(lines), link="/products")
