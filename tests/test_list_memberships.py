"""Our goods lists agree with a second, independent reading of the same notes (HTS 2026 Revision 15), or the text says who is right.

The second reading is facts from the public repository rulespec-us of The Axiom Foundation (content CC BY 4.0).
Where they differ the official text of Revision 6 decides; docs/accuracy.md quotes the places.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from landed.lawbook.load import load_law

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
CHECK = SHARED / "law" / "us" / "check" / "list_memberships_2026_rev15.csv"
AS_OF = date(2026, 8, 3)
BEFORE_METALS = date(2026, 3, 1)  # notes 16(b) and 19 stay printed after their programmes ended: their last state is compared

# second reading -> our lists, day, codes only here, codes only there
PAIRS: dict[str, tuple[tuple[str, ...], date, set[str], set[str]]] = {
    "s232_steel_primary": (("s232_metals_n16c_iii",), AS_OF, set(), set()),
    "s232_steel_derivative_legacy": (("s232_metals_n16c_iv",), AS_OF, set(), set()),
    "s232_steel_derivative_april": (("s232_metals_n16c_vii",), AS_OF, set(), set()),
    "s232_steel_derivative_equipment": (("s232_metals_n16c_x",), AS_OF, set(), set()),
    "s232_steel_derivative_mobile": (("s232_metals_n16c_xi",), AS_OF, set(), set()),
    # castings and forgings of 7616.99.51 are its two statistical numbers; note 19(j) prints 7616.99.5190
    "s232_aluminum_primary": (("s232_aluminum_2025_n19g",), BEFORE_METALS, {"7616995160", "7616995170"}, {"76169951"}),
    "s232_aluminum_derivative": (("s232_aluminum_2025_n19j",), BEFORE_METALS, {"7616995190"}, set()),
    "china_301_list1": (("s301_list1",), AS_OF, set(), set()),
    "china_301_list2": (("s301_list2",), AS_OF, set(), set()),
    "china_301_list3": (("s301_list3",), AS_OF, set(), set()),
    # note 20(s)(ii) prints both numbers among the exceptions
    "china_301_list4a": (("s301_list4a", "s301_list4a_described_n20s_ii"), AS_OF, {"6307909875", "9401710031"}, set()),
    "s122_aa_ii": (("s122_n2aa_ii_exempt",), date(2026, 7, 1), set(), set()),
    "s122_aa_iii": (("s122_n2aa_iii_described",), date(2026, 7, 1), set(), set()),
    "s122_gn6_conditional": (("s122_n2aa_iv_civil_aircraft",), date(2026, 7, 1), set(), set()),
}


@pytest.fixture(scope="module")
def second_reading() -> dict[str, set[str]]:
    if not CHECK.exists():
        pytest.skip("the second reading of the lists is not at hand (../shared/law/us/check)")
    found: dict[str, set[str]] = {}
    with CHECK.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            name = row["list"].split("_membership")[0].removesuffix("_heading").removesuffix("_subheading6")
            found.setdefault(name, set()).add(row["key"])
    return found


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_a_list_equals_the_second_reading_but_for_named_codes(name: str, second_reading: dict[str, set[str]]) -> None:
    lists, day, only_ours, only_theirs = PAIRS[name]
    law = load_law()
    ours = {row.code for each in lists for row in law.lists[each] if row.from_ <= day and (row.to is None or day <= row.to)}
    assert (ours - second_reading[name], second_reading[name] - ours) == (only_ours, only_theirs)


def test_no_list_of_the_second_reading_goes_unread(second_reading: dict[str, set[str]]) -> None:
    # the solar numbers stand in the programme file itself
    assert set(second_reading) - set(PAIRS) == {"s201_cspv"}
