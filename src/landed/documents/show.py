"""Pictures of the pages of a document, for a person who compares them with what was read."""

from __future__ import annotations

import base64
import io
from typing import Any

from landed.documents.model import Page

WIDE = 1000  # pixels
MOST_SHOWN = 12


def page_pictures(data: bytes, pages: list[Page], name: str) -> tuple[str, ...]:
    """A data address of each page as it was read upright; a sheet has none ("")."""
    found = []
    for page in pages[:MOST_SHOWN]:
        picture: Any = None
        if page.source == "scan" and page.image is not None:
            from PIL import Image

            picture = Image.fromarray(page.image[:, :, ::-1])
        elif page.source == "text":
            from landed.documents.pdf import draw

            picture = draw(data, page.number, 110, name)
        if picture is None:
            found.append("")
            continue
        if picture.width > WIDE:
            picture = picture.resize((WIDE, round(picture.height * WIDE / picture.width)))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=72, optimize=True)
        found.append("data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii"))
    return tuple(found)
