"""The reference page of facts, made from the law pack (`docs/facts.md` is this text; a test holds the two together)."""

from __future__ import annotations

from landed.lawbook.load import load_law


def facts_page() -> str:
    """Markdown: every fact that law asks for, its question, kind, default and answers."""
    rows = ["# Facts that law asks for", ""]
    rows.append("Made from the law pack by `landed.operations.facts_page`. State a fact under `facts` by its name; an unstated one takes its default. A fact that is not asked is weighed only when stated.")
    rows += ["", "| fact | question | answer | default | asked |", "|---|---|---|---|---|"]
    for name, fact in sorted(load_law().facts.items()):
        answers = "; ".join(str(o.value) for o in fact.options) if fact.kind == "choice" else {"yes_no": "yes or no", "percent": "percent", "money": "US dollars", "date": "day"}[fact.kind]
        default = {True: "yes", False: "no", None: "not declared"}.get(fact.default, fact.default) if isinstance(fact.default, (bool, type(None))) else fact.default
        rows.append(f"| `{name}` | {fact.question} | {answers} | {default} | {'yes' if fact.ask else 'no'} |")
    return "\n".join(rows) + "\n"
