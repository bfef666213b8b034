"""The states of a DCSA booking: which action may follow, who takes it, and what can be reached from where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from landed.errors import LandedError
from landed.freight.reference import figures


@dataclass(frozen=True, slots=True)
class BookingStates:
    """Where a booking stands: its state, and the states of its last amendment and of its cancellation ("" where there is none)."""

    state: str
    amended: str = ""
    cancellation: str = ""


def actions(by: str = "") -> dict[str, dict[str, Any]]:
    """The actions with their rules, all or those of "shipper" or "carrier"."""
    found: dict[str, dict[str, Any]] = figures("dcsa")["booking"]["actions"]
    return {name: rule for name, rule in found.items() if not by or rule["by"] == by}


def ended(state: str) -> bool:
    """Whether nothing can follow a state."""
    return state in figures("dcsa")["booking"]["ended"]


def may(at: BookingStates, action: str) -> bool:
    """Whether the standard lets an action follow."""
    rule = actions()[action]
    return (
        at.state in rule["from"]
        and ("while_amended" not in rule or at.amended in rule["while_amended"])
        and ("while_cancellation" not in rule or at.cancellation in rule["while_cancellation"])
        and at.cancellation not in rule.get("not_while_cancellation", ())
    )


def after(at: BookingStates, action: str) -> BookingStates:
    """Where a booking stands after an action; raises BOOKING_STATE where the standard does not let it follow."""
    if not may(at, action):
        raise not_now(at, action)
    rule = actions()[action]
    beside = {name: "" if rule[name] == "clear" else rule[name] for name in ("amended", "cancellation") if name in rule}
    return replace(at, state=rule.get("to", at.state), **beside)


def not_now(at: BookingStates, action: str) -> LandedError:
    """The error for an action that cannot follow."""
    open_ = [name.replace("_", " ") for name in actions("shipper") if may(at, name)]
    mend = f"What you can do: {', '.join(open_)}." if open_ else "Nothing can follow; book again."
    beside = "".join(f", {word}" for word in (at.amended, at.cancellation) if word)
    return LandedError("BOOKING_STATE", f"a booking that is {at.state}{beside} does not take the action {action.replace('_', ' ')!r}", where="booking", mend=mend)


def cancelling(at: BookingStates, what: str = "") -> str:
    """The action that cancels a booking ("" or "booking") or its amendment ("amendment"); raises BOOKING_STATE."""
    if what == "amendment":
        action = "cancel_amendment"
    else:
        action = "cancel_request" if may(at, "cancel_request") else "cancel_confirmed"
    if not may(at, action):
        raise not_now(at, action)
    return action


@lru_cache(maxsize=1)
def _reach() -> dict[str, frozenset[str]]:
    step: dict[str, set[str]] = {s: set() for s in figures("dcsa")["booking"]["states"]}
    for rule in actions().values():
        for state in rule["from"]:
            step[state].add(rule.get("to", state))
    found = {}
    for state in step:
        seen, todo = {state}, [state]
        while todo:
            for following in step[todo.pop()] - seen:
                seen.add(following)
                todo.append(following)
        found[state] = frozenset(seen)
    return found


def can_become(before: str, now: str) -> bool:
    """Whether one state can be seen after another, with others unseen between them; an unknown state cannot."""
    return now in _reach() if not before else now in _reach().get(before, frozenset())
