"""Words for the parts of a measure as it stands in the book: its goods, its origins, its conditions."""

from __future__ import annotations

from collections.abc import Mapping

from landed.lawbook.model import Condition, Fact, Goods, Origins
from landed.schedule.codes import dotted


def goods_words(goods: Goods) -> str:
    """Which lines, such as "list s301_list1, chapters 72, 73, without 9503"."""
    parts = ["all goods"] if goods.all else []
    if goods.lists:
        parts.append("list " + ", ".join(goods.lists))
    if goods.codes:
        parts.append(_codes(goods.codes))
    if goods.chapters:
        parts.append("of chapter " + ", ".join(goods.chapters))
    if goods.not_chapters:
        parts.append("not of chapter " + ", ".join(goods.not_chapters))
    if goods.without:
        parts.append("without list " + ", ".join(goods.without))
    if goods.not_codes:
        parts.append("without " + _codes(goods.not_codes))
    return "; ".join(parts)


def _codes(codes: tuple[str, ...]) -> str:
    return ", ".join(dotted(code) for code in codes[:8]) + (f" and {len(codes) - 8} more" if len(codes) > 8 else "")


def origin_words(origins: Origins) -> str:
    """Which countries, such as "every country without CA, MX"."""
    named = "every country" if origins.all else ", ".join(origins.members)
    return named + (f" without {', '.join(origins.without)}" if origins.without else "")


def condition_words(condition: Condition | None, facts: Mapping[str, Fact]) -> str:
    """A condition as one sentence without verbs of judgement: what must hold."""
    if condition is None:
        return ""
    op = condition.op
    if op in ("all", "any"):
        joint = " and " if op == "all" else " or "
        return joint.join(f"({words})" if part.op in ("all", "any") else words for part in condition.of if (words := condition_words(part, facts)))
    if op == "not":
        return f"not ({condition_words(condition.of[0], facts)})"
    if op == "fact":
        value = condition.value
        if condition.test == "is" and isinstance(value, bool):
            return f"{condition.fact} is {'yes' if value else 'no'}"
        shown = ", ".join(map(str, value)) if isinstance(value, (tuple, frozenset)) else str(value)
        return f"{condition.fact} {condition.test.replace('_', ' ')} {shown}"
    if op == "claimed":
        return "claimed by the importer"
    if op in ("loaded_before", "exported_before"):
        entered = f" and entered before {condition.entered_before}" if condition.entered_before else ""
        return f"{op.replace('_', ' ')} {condition.day}{entered}"
    values = ", ".join(map(str, condition.value)) if isinstance(condition.value, (tuple, frozenset, list)) else str(condition.value)
    return {"spi": f"SPI {values} claimed", "chapter_98": f"{values} claimed", "entry_type": f"entry type {values}"}[op]
