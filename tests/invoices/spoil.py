"""Pictures of papers as the world delivers them: scanned, blurred, turned, photographed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np


def pictures(pdf: bytes, dots: int = 200) -> list[Any]:
    """The pages of a PDF as pictures."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    found = [page.render(scale=dots / 72).to_pil().convert("RGB") for page in document]
    document.close()
    return found


def jpeg(picture: Any, quality: int = 80) -> bytes:
    """A picture as JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def scan(picture: Any, seed: int) -> bytes:
    """A good scan: a little noise, a lean of a third of a degree."""
    dice = np.random.default_rng(seed)
    leaning = picture.rotate(float(dice.uniform(-0.3, 0.3)), fillcolor="white", resample=3)
    return jpeg(_noise(leaning, dice, 5), 85)


def degraded(picture: Any, seed: int) -> bytes:
    """A bad scan: 150 dots an inch, blurred, leaning by more than a degree, pale, pressed hard."""
    from PIL import ImageFilter

    dice = np.random.default_rng(seed)
    small = picture.resize((round(picture.width * 0.75), round(picture.height * 0.75)), 3)
    leaning = small.rotate(float(dice.choice([-1, 1]) * dice.uniform(0.8, 1.6)), fillcolor="white", resample=3, expand=True)
    pale = np.asarray(leaning.filter(ImageFilter.GaussianBlur(0.7)), np.float32) * 0.8 + 40
    return jpeg(_noise(_picture(pale), dice, 8), 35)


def turned(picture: Any, seed: int) -> bytes:
    """A scan fed sideways or upside down."""
    return scan(picture.rotate((90, 180, 270)[seed % 3], expand=True), seed)


def photo(picture: Any, seed: int) -> bytes:
    """A photo by phone: the sheet on a dark table, in perspective, with a shadow across it."""
    import cv2

    dice = np.random.default_rng(seed)
    page = np.asarray(picture)[:, :, ::-1]
    high, wide = page.shape[:2]
    frame = (int(wide * 1.25), int(high * 1.2))
    shift = lambda: dice.uniform(0.0, 0.06)  # noqa: E731
    corners = np.float32([[wide * (0.08 + shift()), high * (0.06 + shift())], [wide * (1.13 - shift()), high * (0.06 + shift())], [wide * (1.16 - shift()), high * (1.12 - shift())], [wide * (0.05 + shift()), high * (1.12 - shift())]])
    flat = np.float32([[0, 0], [wide, 0], [wide, high], [0, high]])
    table = np.full((frame[1], frame[0], 3), (52, 66, 84), np.uint8)
    way = cv2.getPerspectiveTransform(flat, corners)
    seen = cv2.warpPerspective(page, way, frame, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((high, wide), 255, np.uint8), way, frame)
    table[mask > 127] = seen[mask > 127]
    x = np.linspace(0, 1, frame[0], dtype=np.float32)[None, :, None]
    y = np.linspace(0, 1, frame[1], dtype=np.float32)[:, None, None]
    light = 0.98 - 0.3 / (1 + np.exp(-14 * (x * 0.6 + y * 0.7 - 0.75)))
    lit = cv2.GaussianBlur(np.clip(table * light, 0, 255).astype(np.uint8), (3, 3), 0)
    return jpeg(_noise(_picture(lit[:, :, ::-1]), dice, 6), 70)


def _noise(picture: Any, dice: Any, strength: float) -> Any:
    return _picture(np.asarray(picture, np.float32) + dice.normal(0, strength, (picture.height, picture.width, 1)))


def _picture(values: Any) -> Any:
    from PIL import Image

    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


WAYS = {"scan": scan, "degraded": degraded, "turned": turned, "photo": photo}
