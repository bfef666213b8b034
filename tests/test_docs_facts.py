"""The page of facts says what the law pack says."""

from pathlib import Path

from landed.operations.facts_page import facts_page


def test_the_page_of_facts_is_made_from_the_pack() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "facts.md"
    assert page.read_text(encoding="utf-8") == facts_page(), "run: python -c \"from landed.operations.facts_page import facts_page; open('docs/facts.md','w').write(facts_page())\""
