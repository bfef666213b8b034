"""What a request from outside may not name: files of the server, and addresses the server should not call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landed.errors import LandedError

FILE_FIELDS = frozenset({"file", "path", "exports", "out", "manifest", "folder", "mapping_file", "into", "to_file"})
URL_FIELDS = frozenset({"url"})
READY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check(operation: str, raw: Mapping[str, Any]) -> None:
    """Refuse a file outside the data folder, an overlay given as a path, and an address that is not public.

    Raises LandedError FILE_REFUSED, BAD_OVERLAY, URL_REFUSED. The command line, which runs as its user, is not bound by this.
    """
    overlay = raw.get("overlay")
    if overlay is not None and not isinstance(overlay, Mapping) and not READY_NAME.fullmatch(str(overlay)):
        raise LandedError("BAD_OVERLAY", "expected an object or the name of a ready overlay", where="overlay", mend="A file is read by the command line only; send its content as an object.")
    for name in FILE_FIELDS & raw.keys():
        if raw[name] is not None:
            _file(raw[name], name)
    for name in URL_FIELDS & raw.keys():
        if raw[name] is not None:
            from landed.doors.api.outward import check_url

            check_url(str(raw[name]), where=name)


def _file(value: Any, where: str) -> None:
    from landed.schedule.site import data_folder

    home = data_folder().resolve()
    refused = LandedError("FILE_REFUSED", "expected a file of the server's data folder", where=where, mend="Put the file into the data folder, or use the command line on the server.")
    try:
        given = Path(str(value))
        whole = (given if given.is_absolute() else home / given).resolve()
    except (OSError, ValueError, RuntimeError):
        raise refused from None
    # The store itself, its key and the uploads of others are in the folder too: only `inbox` is open.
    if not given.is_absolute() or not whole.is_relative_to(home / "inbox"):
        raise refused
