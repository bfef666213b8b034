"""Answers about moving and buying: distance, ways to ship, screening, deadlines, the security filing, the bond, suppliers, plans, watches, refunds."""

from __future__ import annotations

from typing import Any

from landed.assistant.answer import Choice, Proposal, Said
from landed.assistant.turn import Turn, ask_for, problem, with_code
from landed.assistant.wording import day, money, number


def distance(turn: Turn) -> Said:
    """How far and how many days from port to port."""
    for slot in ("place_from", "place_to"):
        if not getattr(turn.slots, slot):
            return ask_for(slot, turn)
    mode = "air" if turn.slots.mode == "air" else "ocean"
    used = turn.use("ship_distance", {"origin": turn.slots.place_from, "destination": turn.slots.place_to, "mode": mode})
    if not used.ok:
        return problem(used, turn, "place_from" if (used.problem or {}).get("where") == "origin" else "place_to")
    found, t = used.result, turn.t
    miles = t(f" ({number(found['nautical_miles'])} nautical miles)", f"（{number(found['nautical_miles'])} 海里）") if found.get("nautical_miles") else ""
    text = t(
        f"{found['origin']['name']} to {found['destination']['name']}: {number(found['km'])} km{miles}, about {found['days']['p50']} days; nine of ten arrive within {found['days']['p90']}.",
        f"{found['origin']['name']}至{found['destination']['name']}：{number(found['km'])} 公里{miles}，约{found['days']['p50']}天；九成在{found['days']['p90']}天内到达。",
    )
    if found.get("scenario_title"):
        text += "\n" + t("Route: ", "航线：") + found["scenario_title"]
    return Said(text, ((t("Kilometres", "公里"), number(found["km"])), (t("Days", "天数"), str(found["days"]["p50"]))), link="/ship")


def ship(turn: Turn) -> Said:
    """Ways to ship side by side."""
    s, t, lang = turn.slots, turn.t, turn.lang
    for slot in ("place_from", "place_to"):
        if not getattr(s, slot):
            return ask_for(slot, turn)
    if not s.cargo[0]:
        return ask_for("cargo", turn)
    request: dict[str, Any] = {
        "origin": s.place_from, "destination": s.place_to, "items": [{"name": "goods", "quantity": int(s.cargo[0]), "size": s.cargo[1], "gross_kg": s.cargo[2]}],
        "incoterm": s.incoterm, "ready_date": s.day.isoformat() if s.day else "",
    }  # fmt: skip
    if s.code and s.origin and s.value:
        request["goods"] = [{"hts_code": s.code, "country_of_origin": s.origin, "price": s.value}]
    used = turn.use("ship_quote", request)
    if not used.ok:
        where = str((used.problem or {}).get("where", ""))
        return problem(used, turn, "place_from" if where == "origin" else "place_to" if where == "destination" else "cargo")
    found = used.result
    lines = [t("These are estimates with the age of their rates, not offers of a carrier.", "以下为带日期的估算，并非承运人报价。")]
    facts = []
    for way in found["ways"]:
        cost, quote = way["buyer_pays"], way["quote"]
        lines.append(
            t(f"- {way['title']}: you pay {money(cost, lang)}, at the door about {day(quote['door_p50'], lang)}, nine of ten by {day(quote['door_p90'], lang)}.", f"- {way['title']}：您付 {money(cost, lang)}，约{day(quote['door_p50'], lang)}送达，最迟多在{day(quote['door_p90'], lang)}前。")
        )
        facts.append((way["title"], money(cost, lang)))
    lines += [f"- {row['service']}: {row['because']}" for row in found.get("not_open") or []]
    lines.append(str(found.get("because") or ""))
    lines += [w["message"] for w in (found["ways"][0]["quote"].get("warnings") or [])[:1]] if found["ways"] else []
    return Said("\n".join(line for line in lines if line), tuple(facts[:4]), link="/ship")


def screen(turn: Turn) -> Said:
    """Whether a party stands in the lists in force here."""
    s, t = turn.slots, turn.t
    if not s.party:
        return ask_for("party", turn)
    used = turn.use("screen", {"name": s.party, "country": s.origin})
    if not used.ok:
        return problem(used, turn, "party")
    found = used.result
    said = {"hit": ("a match", "命中"), "review": ("possible matches: look at them", "可能匹配，需人工核对"), "no_match": ("no match in the lists in force here", "现行名单中无匹配"), "incomplete": ("nothing can be said yet", "尚无法判断"), "stale": ("nothing can be said: the lists are too old", "名单过旧，无法判断")}
    words = said.get(found["outcome"], (found["outcome"].replace("_", " "), found["outcome"]))
    lines = [t(f"{found['name']}: {words[0]}. {found['why']}", f"{found['name']}：{words[1]}。{found['why']}")]
    lines += [f"- {m.get('list', '')} {m.get('name', '')} ({m.get('entry', '')})" for m in found["matches"][:6]]
    if found["missing"]:
        lines.append(t("Lists not at hand: ", "缺少名单：") + ", ".join(found["missing"]))
    return Said("\n".join(lines), ((t("Outcome", "结果"), t(*words)),), link="/screen")


def deadlines(turn: Turn) -> Said:
    """Deadlines that hang on a day."""
    s, t, lang = turn.slots, turn.t, turn.lang
    if not s.day:
        return ask_for("day", turn)
    event = s.event if s.event and s.event != "single_entry" else "entry_date"
    used = turn.use("deadlines", {"events": {event: s.day.isoformat()}, "today": turn.today.isoformat()})
    if not used.ok:
        return problem(used, turn)
    lines = [t(f"Counted from {event.replace('_', ' ')} {day(s.day, lang)}:", f"自{day(s.day, lang)}起算：")]
    for row in used.result["deadlines"]:
        lines.append(f"- {day(row['day'], lang)}: {row['title']} — {row['citation']}" + ("" if row["verified"] else t(" (not verified)", "（未核实）")))
    return Said("\n".join(lines), tuple((row["title"], day(row["day"], lang)) for row in used.result["deadlines"][:3]))


def isf(turn: Turn) -> Said:
    """When the elements of the security filing are due."""
    s, t = turn.slots, turn.t
    loading = s.loading or s.day
    if not loading:
        return ask_for("day", turn)
    used = turn.use("isf_check", {"loading": f"{loading.isoformat()}T00:00+08:00"})
    if not used.ok:
        return problem(used, turn)
    turn.assumed.append(t("loading at the start of that day, China time", "按装船当日零时（中国时间）"))
    rows = used.result["elements"]
    first = min(row["due"] for row in rows if row.get("due")) if any(row.get("due") for row in rows) else None
    lines = [t(f"The filing is due by {day(first, 'en')} at the latest." if first else "No element has a due time.", f"最迟应于{day(first, 'zh')}前申报。" if first else "没有期限。")]
    lines += [f"- {row['title']}" for row in rows[:12]]
    return Said("\n".join(lines), ((t("Due", "期限"), day(first, turn.lang)),) if first else ())


def bond(turn: Turn) -> Said:
    """The continuous bond that duties ask for."""
    s, t, lang = turn.slots, turn.t, turn.lang
    if not s.value:
        return ask_for("value", turn, before=t("What duties, taxes and fees do you pay in twelve months?", "十二个月的关税与规费是多少？"))
    if s.event == "single_entry":
        used = turn.use("bond_check", {"single_value": s.value, "duties": "0"})
        if not used.ok:
            return problem(used, turn)
        single = used.result["single_usd"]
        text = t(f"For a single entry of goods worth {money(s.value, lang)} the bond is {money(single, lang)} before duties, taxes and fees are added ({used.result['citation']}).", f"单次报关货值{money(s.value, lang)}，保证金为 {money(single, lang)}，另加关税与规费（{used.result['citation']}）。")
        return Said(text, ((t("Bond", "保证金"), money(single, lang)),))
    used = turn.use("bond_check", {"duties": s.value})
    if not used.ok:
        return problem(used, turn)
    found = used.result
    text = t(
        f"For {money(s.value, lang)} of duties, taxes and fees in twelve months the continuous bond is {money(found['needed_usd'], lang)} ({found['citation']}).",
        f"十二个月关税与规费为{money(s.value, lang)}时，连续保证金为 {money(found['needed_usd'], lang)}（{found['citation']}）。",
    )
    return Said(text, ((t("Bond", "保证金"), money(found["needed_usd"], lang)),))


def suppliers(turn: Turn) -> Said:
    """Suppliers known here for words."""
    s, t = turn.slots, turn.t
    if not s.goods and not s.origin:
        return ask_for("goods", turn)
    used = turn.use("suppliers_search", {"text": s.goods, "country": s.origin, "limit": 8})
    if not used.ok:
        return problem(used, turn, "goods")
    rows = used.result["rows"]
    if not rows:
        return Said(t("No supplier kept here fits. Bring your list in on the page Suppliers, or with `landed suppliers import`.", "没有匹配的供应商；请先导入供应商名单。"))
    lines = [t("Suppliers kept here:", "已有的供应商：")]
    lines += [f"- {row.get('name') or row.get('supplier')}" + (f", {turn.country(str(row['country']))}" if row.get("country") else "") for row in rows]
    return Said("\n".join(lines))


def plan(turn: Turn) -> Said:
    """Where a plan is made: it takes tables that a sentence cannot hold."""
    return Said(
        turn.t(
            "A sourcing plan takes tables of products, suppliers, offers and lanes. Fill the template (`landed plan --template`) and give it to `landed plan`, or open the page Plan.",
            "采购计划需要产品、供应商、报价和运价表：先用 `landed plan --template` 生成模板，再用 `landed plan` 计算。",
        ),
        link="/plan",
    )


def refunds(turn: Turn) -> Said:
    """How refunds are sorted, and what that takes."""
    return Said(
        turn.t(
            "Each entry is sorted by how its IEEPA duties may come back: claim now, protest, hold, or not eligible, with interest and claim files. That takes the entry-summary report of your entries as CSV: run `landed refunds FILE`, or open the page Refunds. This is no legal advice.",
            "每笔报关按IEEPA关税可退的方式分类：立即申请、抗议、等待或不可退，并给出利息和申请文件。请把报关汇总CSV交给 `landed refunds FILE`。这不是法律意见。",
        ),
        link="/refunds",
    )


def watch(turn: Turn) -> Said:
    """A proposal to watch goods; the user's click keeps it."""
    code, note, _, stop = with_code(turn)
    if stop:
        return stop
    origins = list(turn.slots.origins)
    where = ", ".join(turn.country(o) for o in origins) or turn.t("every country", "所有国家")
    request: dict[str, Any] = {"name": f"{code} {' '.join(origins)}".strip(), "hts_codes": [code], **({"origins": origins} if origins else {})}
    says = turn.t(f"Watch {code} from {where}.", f"关注 {code}，{where}。")
    return Said(f"{note} {turn.t('I can watch this. Nothing is kept until you confirm.', '可以关注此货物，确认之前不会保存。')}".strip(), proposal=Proposal("watch_save", request, says), choices=(Choice(turn.t("What will change for it?", "会有什么变化？"), turn.t("what will change", "接下来会有什么变化")),))


def watches(turn: Turn) -> Said:
    """The watches kept here."""
    used = turn.use("watch_list", {})
    if not used.ok:
        return problem(used, turn)
    rows = used.result["watches"]
    if not rows:
        return Said(turn.t("Nothing is watched yet.", "还没有关注。"))
    return Said("\n".join([turn.t("Watched:", "已关注："), *(f"- {row['name']}" for row in rows)]))
