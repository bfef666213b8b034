"""Downloads an export from the official export service, with bounds on time, size and retries, and imports it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from landed.errors import LandedError
from landed.schedule.build import manifest
from landed.schedule.read import MAX_BYTES
from landed.schedule.site import Status, data_folder, import_export

if TYPE_CHECKING:
    import httpx


def pull(
    base_url: str | None = None,
    *,
    effective: date | None = None,
    name: str | None = None,
    accept_shrink: bool = False,
    folder: Path | None = None,
    timeout: float = 30.0,
    deadline: float = 300.0,
    attempts: int = 3,
    pause: float = 1.0,
    max_bytes: int = MAX_BYTES,
    progress: Callable[[int, int | None], None] | None = None,
) -> Status:
    """Download the whole schedule and put it in force (see `import_export`); nothing changes when anything fails.

    `base_url` is the address of the export (default: `export_url` of the packaged manifest). `timeout` bounds
    each wait in seconds, `deadline` the whole of an attempt; failed attempts are repeated up to `attempts`
    times with growing pauses, but refusals (4xx other than 429) and false content are not. `progress` is called
    with (bytes so far, bytes expected or None). Raises LandedError PULL_FAILED with `reason` in: address, refused,
    unavailable, timeout, connection, too_large; and BAD_EXPORT for what was downloaded.
    """
    url = base_url or str(manifest()["export_url"])
    folder = folder or data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".pull-", dir=folder))
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(folder), mend="Set LANDED_DATA.") from None
    target = aside / "export"
    try:
        for attempt in range(1, attempts + 1):
            try:
                _download(url, target, timeout, deadline, max_bytes, progress)
                break
            except LandedError as error:
                if attempt == attempts or not error.extra.get("retry"):
                    raise
                time.sleep(pause * 2 ** (attempt - 1))
        return import_export(target, effective=effective, name=name, accept_shrink=accept_shrink, folder=folder)
    finally:
        target.unlink(missing_ok=True)
        aside.rmdir()


def _download(
    url: str, target: Path, timeout: float, deadline: float, max_bytes: int, progress: Callable[[int, int | None], None] | None
) -> None:
    import httpx

    end = time.monotonic() + deadline
    try:
        with httpx.Client(timeout=httpx.Timeout(timeout), follow_redirects=False) as client, client.stream("GET", url) as answer:
            _accept(answer, max_bytes)
            stated = answer.headers.get("content-length", "")
            expected = int(stated) if stated.isdigit() else None
            size = 0
            with target.open("wb") as file:
                for piece in answer.iter_bytes():
                    size += len(piece)
                    if size > max_bytes:
                        raise _failed("too_large", f"expected at most {max_bytes:,} bytes, got more")
                    if time.monotonic() > end:
                        raise _failed("timeout", f"expected the export within {deadline:.0f} s, got {size:,} bytes by then", retry=True)
                    file.write(piece)
                    if progress:
                        progress(size, expected)
    except httpx.TimeoutException:
        raise _failed("timeout", f"expected an answer within {timeout:.0f} s, got none", retry=True) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise _failed("address", f"expected an http or https address, got {url[:80]!r}") from None
    except (httpx.HTTPError, OSError) as error:
        raise _failed("connection", f"expected a whole answer, got {type(error).__name__}: {str(error)[:120]}", retry=True) from None


def _accept(answer: httpx.Response, max_bytes: int) -> None:
    code = answer.status_code
    if code == 429 or code >= 500:
        raise _failed("unavailable", f"expected status 200, got {code}", retry=True)
    if code != 200:
        raise _failed("refused", f"expected status 200, got {code}")
    if answer.headers.get("content-length", "0").isdigit() and int(answer.headers.get("content-length", "0")) > max_bytes:
        raise _failed("too_large", f"expected at most {max_bytes:,} bytes, got {int(answer.headers['content-length']):,}")


def _failed(reason: str, detail: str, *, retry: bool = False) -> LandedError:
    return LandedError(
        "PULL_FAILED",
        detail,
        where="export service",
        mend="Try again later, or download the export by hand and import the file.",
        reason=reason,
        retry=retry,
    )
