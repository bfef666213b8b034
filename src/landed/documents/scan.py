"""Pictures of pages: turned upright, cut out of a photo, straightened, and read by a recogniser whose models come in its package."""

from __future__ import annotations

import io
import math
import threading
from typing import Any

from landed.documents.model import Box, Page, Word
from landed.documents.recogniser import Line, recogniser
from landed.documents.source import MOST_PIXELS, MOST_SCANNED
from landed.errors import LandedError

LONG_SIDE = 2200  # pixels at which a page is read: A4 at about 190 dots an inch
FIND_SIDE, CLOSER_SIDE = 1280, 2000  # pixels at which lines are looked for, and where letters prove small
SMALL_LINE = 11.0  # pixels of a line, at FIND_SIDE, under which they are looked for again
LEVEL_SIDE = 960  # pixels at which the lean is measured
STEEP = 3.0  # degrees of lean above which the lines are looked for again
LEAST_SIDE = 40
LEAST_SURE = 0.5
FAINTEST = 0.12  # contrast of ink to paper under which a person does not see it
SHOWN_SIDE = 1415  # pixels of the page that is kept for a person to look at
WIDE_GAP = 2.1  # of the usual step from letter to letter, and
WIDE_STEP = 0.83  # of the height of the line: between two letters of different columns
# A blank stands where ln(its likeliness) + WHITE x (white between the letters / height of the line) is above BLANK: a line fitted to 4,664 pairs of
# letters of 18 scans and photos, where it set every blank and none too many. Two digits want more, because a number must not fall apart.
WHITE, BLANK, BLANK_IN_NUMBER = 13.6, -0.19, 1.5
DIGITS = frozenset("0123456789.,")
_LOCK = threading.Lock()  # the recogniser takes one page at a time; two would only wait for the same cores


def picture_pages(data: bytes, name: str) -> list[Page]:
    """The pages of a picture file (a TIFF may hold several); raises LandedError IMAGE_TOO_LARGE, UNREADABLE_FILE, TOO_MANY_PAGES, EXTRA_REQUIRED."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "reading pictures needs the package rapidocr-onnxruntime", where="content", mend="Install landed[docs].") from None
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own guard speaks plainly
    try:
        picture = Image.open(io.BytesIO(data))
        count = getattr(picture, "n_frames", 1)
        if picture.format == "GIF":
            count = 1
        if count > MOST_SCANNED:
            raise LandedError("TOO_MANY_PAGES", f"{name} holds {count:,} pictures; at most {MOST_SCANNED} are read", where="content", mend="Send the pages with the goods only.")
        pages = []
        for number in range(count):
            if number:
                picture.seek(number)
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise LandedError("IMAGE_TOO_LARGE", f"{name} is {width:,} by {height:,} pixels; a page has at most {MOST_PIXELS:,} in all", where="content", mend="Save it at 200 to 300 dots an inch.")
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.upper().endswith("A") or upright.mode == "P":
                flat = Image.new("RGB", upright.size, "white")
                clear = upright.convert("RGBA")
                flat.paste(clear, mask=clear.split()[-1])
                upright = flat
            pages.append(read_picture(upright.convert("RGB"), number + 1))
        return pages
    except LandedError:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as broken:
        why = "is cut short" if "truncated" in str(broken) else "does not read as a picture"
        raise LandedError("UNREADABLE_FILE", f"{name} {why}", where="content", mend="Get the file again; a photo can be saved anew as JPEG or PNG.") from None
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def read_picture(picture: Any, number: int) -> Page:
    """One picture of a page as words, on the page as it stands upright; raises LandedError EXTRA_REQUIRED."""
    import numpy as np

    image = np.asarray(picture)[:, :, ::-1].copy()
    if min(image.shape[:2]) < LEAST_SIDE:
        return Page(number, image.shape[1], image.shape[0], [], "scan")
    with _LOCK:
        image = _even_light(_sized(_cut_out(image), LONG_SIDE))
        image, boxes, turned = _upright(image)
        words, faint = _read(image, boxes)
    return Page(number, float(image.shape[1]), float(image.shape[0]), words, "scan", turned=turned, image=_sized(image, SHOWN_SIDE, grow=False), hidden=faint)


def _sized(image: Any, side: int, grow: bool = True) -> Any:
    import cv2

    scale = side / max(image.shape[:2])
    if not grow:
        scale = min(1.0, scale)
    scale = min(scale, 3.0)
    if abs(scale - 1) < 0.02:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _cut_out(image: Any) -> Any:
    """The sheet of a photo, laid flat: the largest bright four-cornered shape, where it is not the whole picture."""
    import cv2
    import numpy as np

    small = _sized(image, 800, grow=False)
    scale = image.shape[0] / small.shape[0]
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (7, 7), 0)
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    shapes, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not shapes:
        return image
    largest = max(shapes, key=cv2.contourArea)
    whole = small.shape[0] * small.shape[1]
    area = cv2.contourArea(largest)
    if not 0.25 * whole < area < 0.96 * whole:
        return image
    hull = cv2.convexHull(largest)
    corners = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True).reshape(-1, 2).astype(np.float32) * scale
    if len(corners) != 4 or cv2.contourArea(corners) < 0.9 * area * scale * scale:
        return image
    total, apart = corners.sum(1), np.diff(corners, axis=1).ravel()
    ordered = np.array([corners[total.argmin()], corners[apart.argmin()], corners[total.argmax()], corners[apart.argmax()]], np.float32)
    wide = max(np.linalg.norm(ordered[1] - ordered[0]), np.linalg.norm(ordered[2] - ordered[3]))
    high = max(np.linalg.norm(ordered[3] - ordered[0]), np.linalg.norm(ordered[2] - ordered[1]))
    if min(wide, high) < 200:
        return image
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    return cv2.warpPerspective(image, cv2.getPerspectiveTransform(ordered, flat), (int(wide), int(high)), borderValue=(255, 255, 255), flags=cv2.INTER_CUBIC)


def _find(image: Any) -> Any:
    """The corners of the lines of words, looked for more closely where they prove small."""
    import numpy as np

    boxes = recogniser().find(image, FIND_SIDE)
    scale = FIND_SIDE / max(image.shape[:2])
    if len(boxes) and scale < 1:
        sides = np.minimum(np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1), np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1))
        if float(np.median(sides)) * scale < SMALL_LINE:
            return recogniser().find(image, CLOSER_SIDE)
    return boxes


def _upright(image: Any) -> tuple[Any, Any, float]:
    """The picture turned so that its lines run level and the right way up, the corners of its lines, and by how many degrees clockwise it was turned."""
    import cv2
    import numpy as np

    boxes = _find(image)
    turned = 0.0
    if len(boxes) < 3:
        return image, boxes, turned
    wide, high = _sides(boxes)
    long = np.maximum(wide, high) > 2.5 * np.minimum(wide, high)
    if long.any() and (high > wide)[long].mean() > 0.6:
        image, turned = np.rot90(image, -1).copy(), 90.0
        boxes = _find(image)
        if len(boxes) < 3:
            return image, boxes, turned
        wide, high = _sides(boxes)
    # The lean of the longer lines.
    order = wide.argsort()[::-1][: max(5, len(wide) // 2)]
    lean = np.degrees(np.arctan2(boxes[order, 1, 1] - boxes[order, 0, 1], boxes[order, 1, 0] - boxes[order, 0, 0]))
    level = float(np.median(lean))
    level = _level(_sized(image, LEVEL_SIDE, grow=False), level) if abs(level) < 20 else 0.0
    if abs(level) > 0.07:
        height, width = image.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), level, 1.0)
        cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
        wider, higher = int(width * cos + height * sin), int(width * sin + height * cos)
        turn[0, 2] += (wider - width) / 2
        turn[1, 2] += (higher - height) / 2
        image = cv2.warpAffine(image, turn, (wider, higher), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
        turned -= level
        boxes = _find(image) if abs(level) > STEEP else (boxes @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    longest = sorted(boxes, key=lambda b: -abs(float(b[1][0] - b[0][0])))[:24]
    if recogniser().on_its_head([recogniser().crop(image, box) for box in longest]):
        image = np.rot90(image, 2).copy()
        edge = np.array([image.shape[1] - 1, image.shape[0] - 1], np.float32)
        boxes = (edge - boxes)[:, [2, 3, 0, 1]]
        turned += 180.0
    return image, boxes, round(turned % 360, 1)


def _sides(boxes: Any) -> tuple[Any, Any]:
    """Width and height of each line."""
    import numpy as np

    return np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1), np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1)


def _level(small: Any, near: float) -> float:
    """The lean of the lines of a small picture, to a twentieth of a degree: at it the rows of ink stand out most sharply."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 25, 12).astype(np.float32)
    height, width = ink.shape

    def sharp(angle: float) -> float:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        rows = cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR).sum(axis=1)
        return float(np.square(np.diff(rows)).sum())

    best = max(np.arange(near - 2.0, near + 2.01, 0.25), key=sharp)
    return round(float(max(np.arange(best - 0.25, best + 0.26, 0.05), key=sharp)), 3)


def _even_light(image: Any) -> Any:
    """A photo without its shadows: each part measured against the paper around it. Even pages are left as they are."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 21)
    if float(np.percentile(paper, 95)) - float(np.percentile(paper, 5)) < 25:
        return image
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    even = np.clip(grey.astype(np.float32) / np.maximum(paper, 30) * 245, 0, 255).astype(np.uint8)
    return cv2.cvtColor(even, cv2.COLOR_GRAY2BGR)


def _read(image: Any, boxes: Any) -> tuple[list[Word], list[Word]]:
    """The words of a page, and those too faint for a person to see."""
    reader = recogniser()
    boxes = [box for box in boxes if not _upended(box)]
    words: list[Word] = []
    faint: list[Word] = []
    for box, line in zip(boxes, reader.read([reader.crop(image, box) for box in boxes]), strict=True):
        if line.text.strip() and line.sure >= LEAST_SURE:
            found = split(line, (float(box[:, 0].min()), float(box[:, 1].min()), float(box[:, 0].max()), float(box[:, 1].max())))
            (words if line.contrast > FAINTEST else faint).extend(found)
    return words, faint


def _upended(box: Any) -> bool:
    """Whether a line of a level page runs upward: a stamp at the edge, which is not read."""
    import numpy as np

    return float(np.linalg.norm(box[3] - box[0])) > 1.5 * float(np.linalg.norm(box[1] - box[0]))


def split(line: Line, box: Box) -> list[Word]:
    """The words of a line that was read as one.

    A blank that was read parts words; so does one that was nearly read where the paper is left white, because the reader drops blanks of narrow letters;
    and so does a gap far wider than the letters' own, because it runs columns together.
    """
    x0, y0, x1, y1 = box
    wide, high, text = x1 - x0, y1 - y0, line.text
    gaps = sorted(line.at[i + 1] - line.at[i] for i in range(len(text) - 1) if " " not in text[i : i + 2])
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    words: list[Word] = []
    run: list[int] = []

    def close() -> None:
        if run:
            # Half a letter on either side of its middle is its own.
            left, right = x0 + (line.at[run[0]] - usual / 2) * wide, x0 + (line.at[run[-1]] + usual / 2) * wide
            words.append(Word("".join(text[i] for i in run), max(x0, left), y0, min(x1, right), y1, round(min(line.letters[i] for i in run), 3)))
            run.clear()

    for place, letter in enumerate(text):
        if letter == " ":
            close()
            continue
        if run and run[-1] == place - 1:
            step = line.at[place] - line.at[place - 1]
            likely = math.log(line.blank[place - 1] + 1e-4) + WHITE * line.white[place - 1]
            number = text[place - 1] in DIGITS and letter in DIGITS
            if likely > (BLANK_IN_NUMBER if number else BLANK) or step * wide > max(WIDE_STEP * high, WIDE_GAP * usual * wide):
                close()
        run.append(place)
    close()
    return words
