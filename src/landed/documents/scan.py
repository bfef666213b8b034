"""Pictures of pages: turned upright, cut out of a photo, straightened, and read by a recogniser whose models come in its package."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

from landed.documents.model import Page, Word
from landed.documents.source import MOST_PIXELS, MOST_SCANNED
from landed.errors import LandedError

LONG_SIDE = 2200  # pixels at which a page is read: A4 at about 190 dots an inch
SMALL_SIDE = 960  # pixels at which its direction is found
LEAST_SIDE = 40
HUMP = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{2}|[A-Z]{3})|(?<=[A-Z]{3})(?=[A-Z][a-z]{2})|(?<=No\.)(?=[A-Z])|(?<=[a-z]{3}[,.:;])(?=[A-Za-z]{2})")
LEAST_SURE = 0.5
WIDE_STEP = 5  # steps of the recogniser (an eighth of a line's height each) between two letters of different words
_LOCK = threading.Lock()  # the recogniser takes one page at a time; two would only wait for the same cores
_ENGINE: list[Any] = []


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
        image, turned = _upright(_cut_out(image))
        image = _sized(_even_light(image), LONG_SIDE)
        words = _read(image)
    return Page(number, float(image.shape[1]), float(image.shape[0]), words, "scan", turned=turned, image=image)


def _engine() -> Any:
    if not _ENGINE:
        try:
            import logging

            from rapidocr_onnxruntime import RapidOCR
        except ImportError as missing:
            mend = "Install the system library that it names (Debian: apt-get install libgl1), or opencv-python-headless." if "lib" in str(missing) and ".so" in str(missing) else "Install landed[docs]."
            raise LandedError("EXTRA_REQUIRED", f"reading scans needs the package rapidocr-onnxruntime ({missing})", where="content", mend=mend) from None
        _ENGINE.append(RapidOCR(intra_op_num_threads=2, det_limit_side_len=LONG_SIDE, det_limit_type="max", max_side_len=LONG_SIDE, rec_batch_num=8))
        logging.getLogger("OCR").setLevel(logging.ERROR)
    return _ENGINE[0]


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


def _upright(image: Any) -> tuple[Any, float]:
    """The picture turned so that its lines run level and the right way up, and by how many degrees clockwise."""
    import cv2
    import numpy as np

    engine = _engine()
    small = _sized(image, SMALL_SIDE, grow=False)
    boxes, _ = engine.text_det(small)
    if boxes is None or len(boxes) < 3:
        return image, 0.0
    turned = 0.0
    boxes = np.asarray(boxes)
    wide = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    high = np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1)
    long = np.maximum(wide, high) > 2.5 * np.minimum(wide, high)
    if long.any() and (high > wide)[long].mean() > 0.6:
        image, small, turned = np.rot90(image, -1).copy(), np.rot90(small, -1).copy(), 90.0
        boxes, _ = engine.text_det(small)
        if boxes is None or len(boxes) < 3:
            return image, turned
        boxes = np.asarray(boxes)
        wide = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    # The lean of the longer lines, weighted by their length.
    order = wide.argsort()[::-1][: max(5, len(wide) // 2)]
    lean = np.degrees(np.arctan2(boxes[order, 1, 1] - boxes[order, 0, 1], boxes[order, 1, 0] - boxes[order, 0, 0]))
    level = float(np.median(lean))
    level = _level(small, level) if abs(level) < 20 else 0.0
    if abs(level) > 0.07:
        height, width = image.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), level, 1.0)
        cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
        wider, higher = int(width * cos + height * sin), int(width * sin + height * cos)
        turn[0, 2] += (wider - width) / 2
        turn[1, 2] += (higher - height) / 2
        image = cv2.warpAffine(image, turn, (wider, higher), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
        turned -= level
    if _head_down(_sized(image, SMALL_SIDE + 400, grow=False)):
        image = np.rot90(image, 2).copy()
        turned += 180.0
    return image, round(turned % 360, 1)


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


def _head_down(image: Any) -> bool:
    """Whether most lines of a level page stand on their head, by the recogniser's own judge of directions."""
    engine = _engine()
    boxes, _ = engine.text_det(image)
    if boxes is None or len(boxes) == 0:
        return False
    longest = sorted(boxes, key=lambda b: -abs(float(b[1][0] - b[0][0])))[:24]
    _, said, _ = engine.text_cls(engine.get_crop_img_list(image, longest))
    votes = sum((1 if label == "180" else -1) * float(score) for label, score in said)
    return votes > 0


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


def _read(image: Any) -> list[Word]:
    engine = _engine()
    boxes, _ = engine.text_det(image)
    if boxes is None or len(boxes) == 0:
        return []
    crops = engine.get_crop_img_list(image, boxes)
    said, _ = engine.text_rec(crops, return_word_box=True)
    words: list[Word] = []
    for corners, crop, (text, score, (steps, _, columns, _, sure)) in zip(boxes, crops, said, strict=True):
        if not text.strip() or score < LEAST_SURE or crop.shape[0] > 1.5 * crop.shape[1] and len(text) > 2:
            continue
        xs, ys = [float(c[0]) for c in corners], [float(c[1]) for c in corners]
        at = [place for group in columns for place in group]
        words.extend(split(text, at, sure, float(steps), (min(xs), min(ys), max(xs), max(ys))))
    return words


def split(text: str, at: list[int], sure: list[float], steps: float, box: tuple[float, float, float, float]) -> list[Word]:
    """The words of a line that was read as one: `at` is the step of each letter among the `steps` across the box.

    A blank parts words, and so does a gap far wider than the letters' own, because the reader drops blanks and runs columns together.
    """
    x0, y0, x1, y1 = box
    width = (x1 - x0) / max(1.0, steps)
    gaps = sorted(b - a for (a, one), (b, two) in zip(zip(at, text, strict=False), zip(at[1:], text[1:], strict=False), strict=False) if one != " " and two != " ")
    usual = gaps[len(gaps) // 2] if gaps else 2
    words: list[Word] = []
    run: list[int] = []
    humps = {found.start() for found in HUMP.finditer(text)}

    def close() -> None:
        if run:
            # A letter stands around its step; half a letter on either side is its own.
            left, right = x0 + (at[run[0]] + 0.5 - usual / 2) * width, x0 + (at[run[-1]] + 0.5 + usual / 2) * width
            words.append(Word("".join(text[i] for i in run), max(x0, left), y0, min(x1, right), y1, round(min(sure[i] for i in run), 3)))
            run.clear()

    for place, letter in enumerate(text[: len(at)]):
        if letter == " ":
            close()
            continue
        if run and (at[place] - at[run[-1]] > max(WIDE_STEP, 2.1 * usual) or place in humps):
            close()
        run.append(place)
    close()
    return words
