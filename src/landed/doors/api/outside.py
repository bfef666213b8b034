"""What a request from outside must be and may not name: values of the stated kinds; no files of the server, no addresses within."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.operations.registry import Operation

FILE_FIELDS = frozenset({"file", "files", "path", "output", "input", "exports", "out", "manifest", "folder", "mapping_file", "into", "to_file"})
URL_FIELDS = frozenset({"url"})
PARAMETER = re.compile(r"[a-z0-9_]{1,40}=[A-Za-z0-9_.,:%-]{1,80}")


def check(operation: Operation, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The request with files named as they stand in the inbox of the data folder.

    Refuses a value of another kind than stated, a file anywhere else, an overlay given as a path, and an address that is not public.
    Raises LandedError INVALID_REQUEST, FILE_REFUSED, BAD_OVERLAY, URL_REFUSED. The command line, which runs as its user, is not bound by this.
    """
    found = dict(raw)
    if operation.name == "estimate":  # reads every field itself, and is asked most
        _overlay(found.get("overlay"), "overlay")
        return found
    _kinds(_schema(operation), found, "", 0)
    overlays_in(found)
    for name in FILE_FIELDS & found.keys():
        value = found[name]
        if isinstance(value, (list, tuple)):
            found[name] = [_file(each, f"{name}[{number}]") for number, each in enumerate(value)]
        elif isinstance(value, str) and name == "files":
            found[name] = [_file(each.strip(), name) for each in value.split(",")]
        elif value is not None:
            found[name] = _file(value, name)
    for name in URL_FIELDS & found.keys():
        if found[name] is not None:
            from landed.doors.api.outward import check_url

            check_url(str(found[name]), where=name)
    return found


def _overlay(overlay: Any, where: str) -> None:
    """An object, whose `use` is a name, or a name with its parameters apart by blanks."""
    from landed.lawbook.overlay import READY_NAME

    if isinstance(overlay, Mapping):
        if "use" in overlay:
            _overlay("" if overlay["use"] is None else overlay["use"], f"{where}.use")
        return
    name, *given = str(overlay).split(" ") if overlay is not None else ("ok",)
    if not isinstance(overlay, (str, type(None))) or not READY_NAME.fullmatch(name) or not all(PARAMETER.fullmatch(each) for each in given if each):
        raise LandedError("BAD_OVERLAY", "expected an object or the name of a ready overlay", where=where, mend="A file is read by the command line only; send its content as an object.")


def overlays_in(value: Any, where: str = "", depth: int = 0) -> None:
    """Overlays stand deep in some requests (scenarios, lines); raises BAD_OVERLAY for a path, INVALID_REQUEST for what is deeper than any request."""
    if depth > 40:
        raise LandedError("INVALID_REQUEST", "expected a request less deep", where=where[:200], mend="See the fields in /openapi.json.")
    if isinstance(value, Mapping):
        for name, item in value.items():
            if "overlay" in str(name):  # overlay, overlays, before_overlay
                for each in item if isinstance(item, (list, tuple)) else (item,):
                    _overlay(each, f"{where}.{name}".lstrip("."))
            else:
                overlays_in(item, f"{where}.{name}".lstrip("."), depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            overlays_in(item, where, depth + 1)


@lru_cache(maxsize=256)
def _schema(operation: Operation) -> dict[str, Any]:
    return operation.request_schema()


def _kinds(schema: Mapping[str, Any], value: Any, where: str, depth: int) -> None:
    """Lists where lists are stated, objects where objects, plain values where neither; what a plain value says is the operation's to judge."""
    if value is None or depth > 6:
        return
    kind = schema.get("type")
    if kind == "array":
        # A text may list by commas, as a query must.
        if not isinstance(value, (list, tuple, str)):
            raise _other(where, "a list", value)
        if not isinstance(value, str):
            for number, item in enumerate(value):
                _kinds(schema.get("items") or {}, item, f"{where}[{number}]", depth + 1)
                if item is None and schema.get("items"):
                    raise _other(f"{where}[{number}]", "a value", item)
    elif kind == "object":
        if not isinstance(value, Mapping):
            raise _other(where, "an object", value)
        for name, item in value.items():
            _kinds((schema.get("properties") or {}).get(name) or {}, item, f"{where}.{name}".lstrip("."), depth + 1)
    elif kind in ("string", "integer", "number", "boolean") or "enum" in schema:
        if isinstance(value, (Mapping, list, tuple)):
            raise _other(where, "a single value", value)
    elif "anyOf" in schema:
        errors = []
        for choice in schema["anyOf"]:
            if choice.get("type") == "null":
                continue
            try:
                return _kinds(choice, value, where, depth + 1)
            except LandedError as error:
                errors.append(error)
        raise errors[0]


def _other(where: str, expected: str, value: Any) -> LandedError:
    kind = "a list" if isinstance(value, (list, tuple)) else "an object" if isinstance(value, Mapping) else "nothing" if value is None else f"{str(value)[:40]!r}"
    return LandedError("INVALID_REQUEST", f"expected {expected}, got {kind}", where=where[:200], mend="See the fields in /openapi.json.")


def _file(value: Any, where: str) -> str:
    from landed.schedule.site import data_folder

    home = data_folder().resolve()
    refused = LandedError("FILE_REFUSED", "expected a file under inbox/ of the server's data folder", where=where, mend="Put the file there, or use the command line on the server.")
    try:
        given = Path(str(value))
        whole = (given if given.is_absolute() else home / given).resolve()
    except (OSError, ValueError, RuntimeError):
        raise refused from None
    # The store itself, its key and the uploads of others are in the folder too: only `inbox` is open.
    if not whole.is_relative_to(home / "inbox"):
        raise refused
    return str(whole)
