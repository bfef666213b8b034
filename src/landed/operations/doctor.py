"""Looks at the parts of a site: versions, law, schedule, store, and the models with their endpoints."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal, TypedDict

from landed.errors import LandedError
from landed.operations.registry import find, operation

Verdict = Literal["good", "off", "look", "bad"]
PARTS = (("nicegui", "web"), ("mcp", "mcp"), ("polars", "frames"), ("pdfplumber", "docs"), ("rapidocr_onnxruntime", "docs"), ("highspy", "sourcing"), ("searoute", "freight"), ("rapidfuzz", "compliance"), ("wordllama", "dense"))
OLD_LAW = 60  # days after which the law pack should be looked at again
OLD_SCHEDULE = 120


class DoctorRequest(TypedDict, total=False):
    """What to look at."""

    endpoints: Annotated[bool, "ask the endpoints of the models which models they have; default no"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: good, off (not needed to answer), look (works, but old or doubtful), or bad; what was found, and what to do."""

    part: str
    verdict: Verdict
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Every part that was looked at; `sound` is whether none is bad."""

    sound: bool
    findings: tuple[Finding, ...]


@operation(name="doctor", summary="Whether versions, law, data and models of this site are in order", method="GET", path="/v1/doctor", scope="admin")
def doctor(request: DoctorRequest) -> Health:
    """Looks at each part and says what is off or old. Nothing is sent anywhere unless `endpoints` is set, and then only the question for the list of models.

    A part that fails is a finding, not an error.
    """
    rows = [_python(), *_law(), _schedule(), *_extras(), *_dense(), *_models(bool(request.get("endpoints")))]
    return Health(all(row.verdict != "bad" for row in rows), tuple(rows))


def _python() -> Finding:
    from landed import __version__

    return Finding("versions", "good", f"landed {__version__}, Python {platform.python_version()}, {platform.system()}")


def _law() -> list[Finding]:
    try:
        found = find("law_coverage").run({})
    except LandedError as error:
        return [Finding("law", "bad", error.detail, error.mend or "Install the package again.")]
    age = (date.today() - found.verified_through).days
    aged = Finding("law", "look" if age > OLD_LAW else "good", f"{found.law_version}: official text read through {found.verified_through}, {age} days ago", "Look for newer instruments before you file." if age > OLD_LAW else "")
    open_ = Finding("law, doubtful", "look" if found.unverified_measures else "good", f"{found.unverified_measures} of {found.measures} measures not verified, {len(found.gaps)} known gaps", "See `landed law coverage`.")
    return [aged, open_]


def _schedule() -> Finding:
    try:
        found = find("data_status").run({})
    except LandedError as error:
        return Finding("schedule", "bad", error.detail, error.mend)
    words = f"{found.revision} of {found.effective}, {found.source}, {found.age_days} days old" + ("" if found.has_text else "; six-digit titles only")
    if found.problem:
        return Finding("schedule", "bad", f"{words}; the imported one is not used: {found.problem}", "Import it again.")
    return Finding("schedule", "look" if found.age_days > OLD_SCHEDULE else "good", words, "Run `landed data pull`." if found.age_days > OLD_SCHEDULE else "")


def _extras() -> list[Finding]:
    from importlib.util import find_spec

    rows = []
    for module, extra in PARTS:
        here = find_spec(module) is not None
        try:
            known = version(module.replace("_", "-")) if here else ""
        except PackageNotFoundError:
            known = "there"
        rows.append(Finding(f"extra {extra}: {module.replace('_', '-')}", "good" if here else "off", known or "not installed", "" if here else f"pip install 'landed[{extra}]'"))
    return rows


def _dense() -> list[Finding]:
    from landed.operations.dense import KINDS, state

    rows = []
    for kind in KINDS:
        try:
            found = state(kind)
            rows.append(Finding(f"nearness of meaning, {kind}", found.verdict, found.found, found.mend))
        except LandedError as error:
            rows.append(Finding(f"nearness of meaning, {kind}", "look", error.detail, error.mend))
    return rows


def _models(ask: bool) -> list[Finding]:
    from landed.assistant.models import ROLES
    from landed.assistant.models_client import Client
    from landed.operations.ask import models

    try:
        found = models()
    except LandedError as error:
        return [Finding("models", "bad", error.detail, error.mend)]
    rows = [Finding("models", "look", warning, "Set the name in the configuration.") for warning in found.warnings]
    lists: dict[str, tuple[str, ...] | LandedError] = {}
    for role in ROLES:
        binding = found.bindings.get(role)
        if binding is None:
            rows.append(Finding(f"model for {role}", "off", found.off.get(role, "off"), "Everything answers without it, less deep (docs/models.md)."))
            continue
        words = f"{binding.model} at {binding.host}"
        if not ask:
            rows.append(Finding(f"model for {role}", "good", f"{words}; not asked", "Run `landed doctor --endpoints` to ask it."))
            continue
        if binding.base_url not in lists:
            try:
                lists[binding.base_url] = Client(binding).models()
            except LandedError as error:
                lists[binding.base_url] = error
        listed = lists[binding.base_url]
        if isinstance(listed, LandedError):
            rows.append(Finding(f"model for {role}", "bad", f"{words}: {listed.detail}", "Check address, key and network."))
        elif listed and binding.model not in listed:
            rows.append(Finding(f"model for {role}", "bad", f"{words}: the endpoint does not list it", f"It lists, among others, {', '.join(listed[:6])}."))
        else:
            rows.append(Finding(f"model for {role}", "good", words))
    return rows
