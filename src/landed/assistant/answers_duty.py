"""Answers about duty: what goods owe, from where they owe least, how it changed and will change, how to owe less, and what entry and landing cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from landed.assistant.answer import Choice, Language, Proposal, Said
from landed.assistant.slots import names
from landed.assistant.turn import Turn, ask_for, problem, with_code
from landed.assistant.wording import day, duty_line, either, money, number, percent


def estimate_request(turn: Turn, code: str) -> dict[str, Any]:
    """The estimate that a turn asks for."""
    return {
        "hts_code": code, "country_of_origin": turn.slots.origin, "customs_value": turn.customs_value(), "entry_date": turn.entry_day(), "transport_mode": turn.slots.mode,
        "quantities": turn.quantities(), "loading_date": turn.slots.loading.isoformat() if turn.slots.loading else "", "entry_type": turn.slots.entry_type,
    }  # fmt: skip


def quote(turn: Turn, *, whole: bool = False) -> Said:
    """The duty of goods, its lines, what is open, and fees."""
    code, note, others, stop = with_code(turn)
    if stop:
        return stop
    if not turn.slots.origin:
        return ask_for("origin", turn, before=note)
    if not turn.slots.value:
        return ask_for("value", turn, before=note)
    used = turn.use("estimate", estimate_request(turn, code))
    if not used.ok:
        return problem(used, turn)
    found = used.result
    t, lang, totals = turn.t, turn.lang, used.result["totals"]
    lines = [
        t(
            f"Duty on {found['hts_code']} made in {turn.country(found['country_of_origin'])}, value {money(found['customs_value']['amount'], lang)}, entered {day(found['entry_date'], lang)}: ",
            f"{found['hts_code']}，{turn.country(found['country_of_origin'])}制造，货值{money(found['customs_value']['amount'], lang)}，{day(found['entry_date'], lang)}入境，关税：",
        )
        + (f"{money(totals['duty'], lang)} ({percent(totals['effective_rate_pct'], lang)})." if totals["duty"] is not None else t(f"unknown; known so far {money(totals['known_duty_subtotal'], lang)}.", f"未知；已知部分 {money(totals['known_duty_subtotal'], lang)}。"))
    ]
    if note:
        lines.insert(0, note)
    if found["status"] == "refused":
        lines.append(t("These goods may not enter: ", "此货物不得入境：") + str((found.get("error") or {}).get("detail", "")))
    for c in found["components"]:
        if c["status"] == "applies":
            lines.append(f"- {duty_line(c, lang)}: {c['rate_text']}" + (f", {money(c['amount'], lang)}" if c["amount"] is not None else t(", amount unknown", "，金额未知")) + (f" — {c['because']}{_cited(c)}" if whole else ""))
        elif c["status"] == "unknown":
            lines.append(f"- {duty_line(c, lang)}: {t('unknown', '未知')} — {c['because']}")
    if totals["duty_low"] is not None and totals["duty_low"] != totals["duty_high"]:
        lines.append(t(f"Between {money(totals['duty_low'], lang)} and {money(totals['duty_high'], lang)} while questions are open.", f"在问题未答之前，关税在{money(totals['duty_low'], lang)}与{money(totals['duty_high'], lang)}之间。"))
    if totals.get("fees") is not None:
        lines.append(t(f"Entry fees {money(totals['fees'], lang)}; goods, duty and fees together {money(totals['landed_cost'], lang)}.", f"入境规费 {money(totals['fees'], lang)}；货值、关税与规费合计 {money(totals['landed_cost'], lang)}。"))
        if not totals.get("fees_complete", True):
            lines[-1] += t(" A fee that is not known yet is not in it and may come on top.", "尚未确定的规费未计入，可能另加。")
    if whole:
        aside = [c for c in found["components"] if c["status"] == "displaced"][:6]
        lines += [f"- {duty_line(c, lang)}: {t('not added', '不加征')} — {c['because']}" for c in aside]
    best = _worth_most(found.get("questions") or [])
    if best:
        lines.append(t("The open question worth most: ", "最值得回答的问题：") + best["text"])
    if any(q["id"] == "transport_mode" for q in found.get("questions") or []):
        others = (*others, Choice(t("They come by ocean", "海运"), t("by ocean", "海运")), Choice(t("They come by air", "空运"), t("by air", "空运")))
    soon = (found.get("upcoming") or [])[:1]
    if soon and soon[0].get("change"):
        lines.append(t(f"Ahead, {day(soon[0]['date'], lang)}: {soon[0]['heading']} {soon[0]['change']}", f"即将变化，{day(soon[0]['date'], lang)}：{soon[0]['heading']} {soon[0]['change']}"))
    facts = figures_of(found, lang)
    notes = tuple(w["message"] for w in (found.get("warnings") or [])[:3])
    link = link_of(found)
    return Said("\n".join(lines), facts, others, "", None, link, notes)


def link_of(found: Mapping[str, Any]) -> str:
    """Where the calculator shows an estimate."""
    return f"/?code={found['hts_code']}&origin={found['country_of_origin']}&value={found['customs_value']['amount']}&on={found['entry_date']}"


def figures_of(found: Mapping[str, Any], lang: Language) -> tuple[tuple[str, str], ...]:
    """The figures of an estimate that matter, with the range while questions are open."""
    totals = found["totals"]
    rows = [(either(lang, "Duty", "关税"), money(totals["duty"], lang)), (either(lang, "Rate", "税率"), percent(totals["effective_rate_pct"], lang))]
    if totals["duty_low"] is not None and totals["duty_low"] != totals["duty_high"]:
        rows.append((either(lang, "While questions are open", "未定区间"), f"{money(totals['duty_low'], lang)} – {money(totals['duty_high'], lang)}"))
    whole = totals.get("fees_complete", True)
    rows += [
        (either(lang, "Entry fees", "规费") if whole else either(lang, "Entry fees known", "已知规费"), money(totals["fees"], lang)),
        (either(lang, "With goods", "合计") if whole else either(lang, "With goods, so far", "目前合计"), money(totals["landed_cost"], lang)),
    ]
    return tuple(rows)


def _cited(component: Mapping[str, Any]) -> str:
    """The citations of a line, in brackets."""
    cites = (component.get("legal") or {}).get("citation") or []
    return f" ({'; '.join(map(str, cites[:3]))})" if cites else ""


def why(turn: Turn) -> Said:
    """The estimate with the reason of every line."""
    return quote(turn, whole=True)


def _worth(turn: Turn) -> str:
    """The value said, in words."""
    s = turn.slots
    return money(s.value, turn.lang) if s.currency == "USD" else f"{number(s.value)} {s.currency}"


def save(turn: Turn) -> Said:
    """A proposal to keep the estimate that was talked about."""
    code, _, _, stop = with_code(turn)
    if stop:
        return stop
    if not turn.slots.origin:
        return ask_for("origin", turn)
    if not turn.slots.value:
        return ask_for("value", turn)
    request = {name: value for name, value in estimate_request(turn, code).items() if value not in ("", [], None)}
    says = turn.t(
        f"Keep the estimate of {code} from {turn.country(turn.slots.origin)}, value {_worth(turn)}, entry {day(request['entry_date'], 'en')}.",
        f"保存估算：{code}，{turn.country(turn.slots.origin)}，货值 {_worth(turn)}，{day(request['entry_date'], 'zh')}入境。",
    )
    return Said(turn.t("I can keep this estimate. Nothing is kept until you confirm.", "可以保存此估算，确认之前不会保存。"), proposal=Proposal("estimate_save", {"request": request}, says))


def compare(turn: Turn) -> Said:
    """The origins that owe least."""
    code, note, others, stop = with_code(turn)
    if stop:
        return stop
    t, lang = turn.t, turn.lang
    asked = list(turn.slots.origins) if len(turn.slots.origins) > 1 else []
    used = turn.use("compare", {"hts_code": code, "customs_value": turn.value(), "entry_date": turn.entry_day(), "origins": asked, "quantities": turn.quantities(), **({} if asked else {"top": 250})})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    known = [row for row in found["rows"] if row["duty"] is not None]
    if not known:
        return Said(t(f"No origin of {found['hts_code']} has a known duty on {day(found['entry_date'], lang)}.", f"{found['hts_code']} 在 {day(found['entry_date'], lang)} 没有已知关税的原产国。"))
    head = t(f"{found['hts_code']}, value {money(found['customs_value'], lang)}, entered {day(found['entry_date'], lang)}: ", f"{found['hts_code']}，货值{money(found['customs_value'], lang)}，{day(found['entry_date'], lang)}入境：")
    best = next((row for row in known if row["duty"] == known[0]["duty"] and row["country_of_origin"] in names()["countries"]), known[0])
    equals = [row for row in known if row["duty"] == best["duty"]]
    if len(equals) == len(known) > 1:
        head += t(f"every origin asked owes the same, {money(best['duty'], lang)}.", f"所问各国关税相同，{money(best['duty'], lang)}。")
    else:
        tied = t(" (others owe the same)", "（另有国家相同）") if len(equals) > 1 else ""
        head += t(f"least from {turn.country(best['country_of_origin'])}, {money(best['duty'], lang)} ({percent(best['effective_rate_pct'], lang)}){tied}.", f"最低为{turn.country(best['country_of_origin'])}，{money(best['duty'], lang)}（{percent(best['effective_rate_pct'], lang)}）{tied}。")
    own = [row for row in known if row["country_of_origin"] in turn.slots.origins]
    often = [row for row in known if row["country_of_origin"] in names()["countries"]]  # the countries that trade most, not the far islands
    shown = own if asked else [*often[:6], *(row for row in own if row not in often[:6])]
    lines = [note, head] if note else [head]
    for row in shown:
        claim = t(f"; with {row['claim_label']} claimed {money(row['claim_duty'], lang)}", f"；申请{row['claim_label']}后 {money(row['claim_duty'], lang)}") if row.get("claim") and row.get("claim_duty") is not None else ""
        lines.append(f"- {turn.country(row['country_of_origin'])}: {money(row['duty'], lang)} ({percent(row['effective_rate_pct'], lang)}){claim}")
    facts = tuple((turn.country(row["country_of_origin"]), money(row["duty"], lang)) for row in shown[:4])
    return Said("\n".join(lines), facts, others, link=f"/?code={found['hts_code']}&value={found['customs_value']}&on={found['entry_date']}")


def _history(turn: Turn) -> tuple[Any, str, Said | None]:
    code, note, _, stop = with_code(turn)
    if stop:
        return None, "", stop
    if not turn.slots.origin:
        return None, "", ask_for("origin", turn, before=note)
    used = turn.use("history", {"hts_code": code, "country_of_origin": turn.slots.origin, "customs_value": turn.value(), "quantities": turn.quantities(), "until": turn.slots.until.isoformat() if turn.slots.until and turn.slots.until > turn.today else ""})
    return (used.result, note, None) if used.ok else (None, "", problem(used, turn))


def history(turn: Turn) -> Said:
    """The spells of the duty up to today, with the cause of each change."""
    found, note, stop = _history(turn)
    if stop:
        return stop
    t, lang, today = turn.t, turn.lang, turn.today.isoformat()
    past = [s for s in found["spells"] if s["from"] <= today]
    now = past[-1] if past else None
    lines = [note] if note else []
    lines.append(
        t(f"{found['hts_code']} from {turn.country(turn.slots.origin)}: now {percent(now['effective_rate_pct'] if now else None, lang)}, since {day(now['from'], lang) if now else '?'}.", f"{found['hts_code']}，{turn.country(turn.slots.origin)}：现为 {percent(now['effective_rate_pct'] if now else None, lang)}，自{day(now['from'], lang) if now else '?'}起。")
    )
    for s in reversed(past[-12:]):
        until = day(s["to"], lang) if s["to"] and s["to"] < today else t("today", "今天")
        lines.append(f"- {day(s['from'], lang)} – {until}: {percent(s['effective_rate_pct'], lang)}; {'; '.join(s['causes'][:2])}")
    top = max((s for s in past if s["effective_rate_pct"] is not None), key=lambda s: Decimal(s["effective_rate_pct"]), default=None)
    facts = [(t("Now", "现在"), percent(now["effective_rate_pct"], lang))] if now else []
    facts += [(t("Highest", "最高"), percent(top["effective_rate_pct"], lang)), (t("Highest from", "最高起始"), day(top["from"], lang))] if top else []
    return Said("\n".join(lines), tuple(facts), link=f"/?code={found['hts_code']}&origin={turn.slots.origin}&value={turn.slots.value or '10000'}")


def upcoming(turn: Turn) -> Said:
    """What is enacted for the days ahead: for the goods named, or in the whole law."""
    t, lang, today = turn.t, turn.lang, turn.today.isoformat()
    if (turn.slots.code or turn.slots.goods and turn.slots.origin) and turn.slots.origin:
        found, note, stop = _history(turn)
        if stop:
            return stop
        ahead = [s for s in found["spells"] if s["from"] > today]
        now = next((s for s in found["spells"] if s["from"] <= today and (not s["to"] or s["to"] >= today)), None)
        rate = percent(now["effective_rate_pct"] if now else None, lang)
        lines = [note] if note else []
        what = f"{found['hts_code']}, {turn.country(turn.slots.origin)}"
        lines.append(t(f"{what}: now {rate}. Enacted law changes it as follows up to {day(found['until'], lang)}:", f"{what}：现为 {rate}。至{day(found['until'], lang)}，已颁布的变化：") if ahead else t(f"{what}: now {rate}. No enacted law changes it up to {day(found['until'], lang)}. What is only announced is not counted.", f"{what}：现为 {rate}。至{day(found['until'], lang)}没有已颁布的变化；仅宣布的措施不计入。"))
        lines += [f"- {day(s['from'], lang)}: {percent(s['effective_rate_pct'], lang)}; {'; '.join(s['causes'][:3])}" for s in ahead[:10]]
        return Said("\n".join(lines), ((t("Now", "现在"), rate), *((day(s["from"], lang), percent(s["effective_rate_pct"], lang)) for s in ahead[:3])))
    until = turn.slots.until if turn.slots.until and turn.slots.until > turn.today else date(turn.today.year + 1, turn.today.month, min(turn.today.day, 28))
    used = turn.use("law_diff", {"old": today, "new": until.isoformat()})
    if not used.ok:
        return problem(used, turn)
    every = used.result["changes"]
    changes = sorted((c for c in every if not c["programme"].startswith("list ")), key=lambda c: c["on"])
    listed = [c for c in every if c["programme"].startswith("list ")]  # lists differ between the days; they carry no day of their own
    verb = {"begun": t("begins", "开始"), "ended": t("ends", "结束"), "changed": t("changes", "变更")}
    head = t(f"Law already enacted that takes effect up to {day(until, lang)}:", f"至{day(until, lang)}生效的已颁布法律：") if changes else t(f"No enacted change takes effect up to {day(until, lang)}.", f"至{day(until, lang)}没有已颁布的变化。")
    lines = [head, *(f"- {day(c['on'], lang)}: {c['heading'] or c['programme']} {verb.get(c['what'], c['what'])} — {c['detail']}" for c in changes[:12])]
    lines += [f"- {c['programme']} {c['what']} — {c['detail']}" for c in listed[:3]]
    if len(changes) > 12:
        lines.append(t("More stands on the page Law, under what changed.", "其余见“Law”页面。"))
    return Said("\n".join(lines), link=f"/law/diff?old={today}&new={until}")


def lower(turn: Turn) -> Said:
    """Programmes that could be claimed, open questions by worth, and the origins that owe less."""
    code, note, _, stop = with_code(turn)
    if stop:
        return stop
    if not turn.slots.origin:
        return ask_for("origin", turn, before=note)
    t, lang = turn.t, turn.lang
    if not turn.slots.value or turn.slots.currency != "USD" and not turn.slots.exchange_rate:
        request = {**estimate_request(turn, code), "customs_value": turn.value()}
    else:
        request = estimate_request(turn, code)
    used = turn.use("estimate", request)
    if not used.ok:
        return problem(used, turn)
    found = used.result
    totals = found["totals"]
    lines = [note] if note else []
    lines.append(t(f"{found['hts_code']} from {turn.country(turn.slots.origin)} owes {money(totals['duty'], lang)} ({percent(totals['effective_rate_pct'], lang)}) on {money(found['customs_value']['amount'], lang)}.", f"{found['hts_code']}，{turn.country(turn.slots.origin)}，货值{money(found['customs_value']['amount'], lang)}，关税 {money(totals['duty'], lang)}（{percent(totals['effective_rate_pct'], lang)}）。"))
    options = list({(str(o.get("label")).partition(" (")[0], o.get("duty")): o for o in reversed(found.get("options") or []) if o.get("saving_usd") not in (None, "0", "0.00")}.values())[::-1]
    for o in options[:6]:
        lines.append(f"- {o.get('label') or o.get('claim')}: {t('duty', '关税')} {money(o.get('duty'), lang)}, {t('saves', '节省')} {money(o.get('saving_usd'), lang)}" + (f"; {t('evidence', '所需证明')}: {_evidence(o)}" if o.get("evidence_needed") else ""))
    questions = sorted((row for q in found.get("questions") or [] if (row := _saving(q))), key=lambda row: row[0])
    for change, text, label in questions[:4]:
        lines.append(t(f"- Saves {money(-change, lang)} if the answer is “{label}”: {text}", f"- 若答案为“{label}”，节省 {money(-change, lang)}：{text}"))
    if not options and not questions:
        lines.append(t("No claim or open question lowers it for this origin. Another origin may owe less: ask me to compare.", "该原产国没有可降低关税的申请或问题；可以让我比较其他国家。"))
    facts = ((t("Duty", "关税"), money(totals["duty"], lang)), *(((t("Best claim saves", "最多节省"), money(max(Decimal(str(o["saving_usd"])) for o in options), lang)),) if options else ()))
    return Said("\n".join(lines), facts, (Choice(t("Compare other countries", "比较其他国家"), t(f"compare countries for {code}", f"比较 {code} 各国关税")),))


def _evidence(option: Mapping[str, Any]) -> str:
    needed = option["evidence_needed"]
    return "; ".join(map(str, needed)) if isinstance(needed, list) else str(needed)


def _saving(question: Mapping[str, Any]) -> tuple[Decimal, str, str] | None:
    """The greatest saving that an answer to a question brings (below zero, US dollars), the question, and that answer."""
    rows = [(Decimal(str(o["change_usd"])), str(o["label"])) for o in question.get("options") or [] if o.get("change_usd") is not None]
    change, label = min(rows, default=(Decimal(0), ""))
    return (change, str(question["text"]), label) if change < 0 else None


def _worth_most(questions: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max((q for q in questions if q.get("change_usd")), key=lambda q: abs(Decimal(str(q["change_usd"]))), default=None)


def fees(turn: Turn) -> Said:
    """The fees of an entry of a value."""
    if not turn.slots.value:
        return ask_for("value", turn)
    t, lang = turn.t, turn.lang
    mode = turn.slots.mode or "ocean"
    if not turn.slots.mode:
        turn.assumed.append(t("arrival by ocean", "海运"))
    used = turn.use("entry_fees", {"value": turn.slots.value, "entry_date": turn.entry_day(), "transport_mode": mode})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    lines = [t(f"Fees of a formal entry of {money(found['entered_value'], lang)} on {day(found['entry_date'], lang)}: {money(found['fees'], lang)} in all.", f"{day(found['entry_date'], lang)} 正式报关，货值{money(found['entered_value'], lang)}，规费合计 {money(found['fees'], lang)}。")]
    for fee in found["lines"]:
        lines.append(f"- {fee['label']}: {fee['rate_text']}, {money(fee['amount'], lang)} — {fee['because']}")
    return Said("\n".join(lines), tuple((fee["label"], money(fee["amount"], lang)) for fee in found["lines"]))


def landed_cost(turn: Turn) -> Said:
    """What an order costs landed: goods, freight, insurance, duty, fees."""
    code, note, _, stop = with_code(turn)
    if stop:
        return stop
    for slot in ("origin", "value"):
        if not getattr(turn.slots, slot):
            return ask_for(slot, turn, before=note)
    t, lang, s = turn.t, turn.lang, turn.slots
    incoterm = s.incoterm
    if (s.freight or s.insurance) and not incoterm:
        incoterm = "FOB"
        turn.assumed.append(t("bought FOB, so that freight is on top of the price", "按FOB成交，运费另计"))
    entry: dict[str, Any] = {"entry_date": turn.entry_day(), "transport_mode": s.mode or "ocean"}
    entry |= {"incoterm": incoterm} if incoterm else {}
    line: dict[str, Any] = {"hts_code": code, "country_of_origin": s.origin, "price": s.value}
    if s.currency != "USD":
        if not s.exchange_rate:
            return ask_for("exchange_rate", turn)
        line |= {"currency": s.currency, "exchange_rate": s.exchange_rate}
    if turn.quantities():
        line["quantities"] = turn.quantities()
    charges = [{"kind": kind, "amount": amount} for kind, amount in (("freight", s.freight), ("insurance", s.insurance)) if amount]
    used = turn.use("landed_cost", {"entry": entry, "lines": [line], "charges": charges})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    total = found["totals"]
    lines = [note] if note else []
    whole = total["landed_cost"]
    lines.append(t(f"{code} from {turn.country(s.origin)} costs {money(whole, lang)} landed." if whole is not None else f"{code} from {turn.country(s.origin)}: the landed cost is unknown.", f"{code}，{turn.country(s.origin)}，到岸总成本 {money(whole, lang)}。"))
    facts = []
    for part in found["items"]:
        label, amount = part["label"], part["amount"]
        lines.append(f"- {label}: {money(amount, lang)}")
        facts.append((str(label), money(amount, lang)))
    return Said("\n".join(lines), ((t("Landed", "到岸"), money(whole, lang)), *facts[:5]))
