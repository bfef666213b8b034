"""The recogniser of letters in pictures: finds lines of words, tells whether they stand on their head, and reads them, with models that come in a package."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landed.errors import LandedError

HIGH = 48  # pixels of a line as the reader wants it
STRETCH = 1.15  # lines are read this much wider than they are, so that narrow letters have a step each
STEP = 8  # pixels of such a line to a step of the reader
WIDEST = 3_200  # pixels of a line; longer ones are squeezed
TOGETHER = 2_000  # pixels of lines, side by side, that are read at once: more costs memory and saves no time
ROOM = 32  # lines are filled up to the next multiple of this, so that several can be read at once
MODELS = {"find": "ch_PP-OCRv4_det_infer.onnx", "turn": "ch_ppocr_mobile_v2.0_cls_infer.onnx", "read": "ch_PP-OCRv4_rec_infer.onnx"}
_ENGINE: list[Recogniser] = []


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read: text, how sure the whole and each letter, the place of each letter as a share of the line's width, and after each letter
    how likely a blank stands there by the reader (0 to 1) and how wide the paper is left white, as a share of the line's height. `contrast` is that of
    ink to paper: 0 is none, 1 black on white."""

    text: str
    sure: float
    letters: list[float]
    at: list[float]
    blank: list[float]
    white: list[float]
    contrast: float = 1.0


def recogniser() -> Recogniser:
    """The one recogniser of this process; raises LandedError EXTRA_REQUIRED."""
    if not _ENGINE:
        _ENGINE.append(Recogniser())
    return _ENGINE[0]


class Recogniser:
    """The three models, loaded once; raises LandedError EXTRA_REQUIRED."""

    def __init__(self) -> None:
        try:
            import onnxruntime  # type: ignore[import-untyped]
            import rapidocr_onnxruntime
            from rapidocr_onnxruntime.ch_ppocr_det.utils import DBPostProcess
        except ImportError as missing:
            mend = "Install the system library that it names (Debian: apt-get install libgl1), or opencv-python-headless." if "lib" in str(missing) and ".so" in str(missing) else "Install landed[docs]."
            raise LandedError("EXTRA_REQUIRED", f"reading scans needs the package rapidocr-onnxruntime ({missing})", where="content", mend=mend) from None
        how = onnxruntime.SessionOptions()
        how.log_severity_level = 4
        how.enable_cpu_mem_arena = False  # memory goes back after each page
        how.intra_op_num_threads = 2
        how.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a waiting thread leaves its core to others
        folder = Path(rapidocr_onnxruntime.__file__).parent / "models"
        self._models = {name: onnxruntime.InferenceSession(str(folder / file), sess_options=how, providers=["CPUExecutionProvider"]) for name, file in MODELS.items()}
        self._boxes = DBPostProcess(thresh=0.3, box_thresh=0.5, max_candidates=1000, unclip_ratio=1.3, use_dilation=True)
        letters = self._models["read"].get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *letters, " "]
        self._blank = len(letters) + 1

    def _run(self, model: str, batch: Any) -> Any:
        session = self._models[model]
        return session.run(None, {session.get_inputs()[0].name: batch})[0]

    def find(self, image: Any, side: int) -> Any:
        """The four corners of each line of words, from the upper left clockwise, in pixels of the image, looked for at `side` pixels of its longer edge."""
        import cv2
        import numpy as np

        high, wide = image.shape[:2]
        scale = min(1.0, side / max(high, wide))
        size = (max(32, round(wide * scale / 32) * 32), max(32, round(high * scale / 32) * 32))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        batch = np.ascontiguousarray((small.astype(np.float32) / np.float32(127.5) - np.float32(1)).transpose(2, 0, 1)[None])
        found, _ = self._boxes(self._run("find", batch), (high, wide))
        kept = []
        for box in found:
            box = _clockwise(np.clip(box.astype(np.float32), 0, (wide - 1, high - 1)))
            if np.linalg.norm(box[0] - box[1]) > 3 and np.linalg.norm(box[0] - box[3]) > 3:
                kept.append(box)
        return np.array(kept, np.float32).reshape(-1, 4, 2)

    def crop(self, image: Any, box: Any) -> Any:
        """One line cut out of the image and laid flat."""
        import cv2
        import numpy as np

        wide = max(1, int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))))
        high = max(1, int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))))
        flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        return cv2.warpPerspective(image, cv2.getPerspectiveTransform(box.astype(np.float32), flat), (wide, high), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)

    def on_its_head(self, crops: list[Any]) -> bool:
        """Whether most of these lines stand on their head."""
        import numpy as np

        votes = 0.0
        for start in range(0, len(crops), 8):
            batch = np.zeros((len(crops[start : start + 8]), 3, HIGH, 192), np.float32)
            for place, crop in enumerate(crops[start : start + 8]):
                line = _line(crop, 192)
                batch[place, :, :, : line.shape[2]] = line
            votes += float((self._run("turn", batch)[:, 1] - 0.5).sum())
        return votes > 0

    def read(self, crops: list[Any]) -> list[Line]:
        """What stands in each line."""
        import numpy as np

        lines = [_line(crop, WIDEST) for crop in crops]
        order = sorted(range(len(lines)), key=lambda i: lines[i].shape[2])
        said: dict[int, Line] = {}
        place = 0
        while place < len(order):
            wide = _room(lines[order[place]].shape[2])
            together = [i for i in order[place : place + max(1, TOGETHER // wide)] if lines[i].shape[2] <= wide]
            batch = np.zeros((len(together), 3, HIGH, wide), np.float32)
            for row, i in enumerate(together):
                batch[row, :, :, : lines[i].shape[2]] = lines[i]
            for i, steps in zip(together, self._run("read", batch), strict=True):
                said[i] = self._said(steps, lines[i])
            place += len(together)
        return [said[i] for i in range(len(lines))]

    def _said(self, steps: Any, line: Any) -> Line:
        """The letters of the reader's steps; a letter that goes on is one, and where the reader says nothing nothing stands."""
        import numpy as np

        best = steps.argmax(1)
        starts = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
        places = np.flatnonzero(starts)
        wide = line.shape[2]
        # A letter stands in the middle of the steps that say it.
        ends = [next((s for s in range(p, len(best)) if best[s] != best[p]), len(best)) for p in places]
        letters = [float(steps[p, best[p]]) for p in places]
        blanks = steps[:, self._blank]
        ink = _ink(line)
        blank, white = [], []
        for one, two in itertools.pairwise(places.tolist()):
            blank.append(float(blanks[one : two + 1].max()))
            white.append(_white(ink, one * STEP, (two + 1) * STEP) / HIGH / STRETCH)
        return Line("".join(self._letters[best[p]] for p in places), float(np.mean(letters)) if letters else 0.0, letters, [(p + e) / 2 * STEP / wide for p, e in zip(places, ends, strict=True)], blank, white, _contrast(line))


def _room(wide: int) -> int:
    return -(-wide // ROOM) * ROOM


def _line(crop: Any, widest: int) -> Any:
    """A crop at the reader's height, its colours from -1 to 1, channels first."""
    import cv2
    import numpy as np

    wide = min(widest, max(STEP * 2, math.ceil(STRETCH * HIGH * crop.shape[1] / crop.shape[0])))
    return cv2.resize(crop, (wide, HIGH)).astype(np.float32).transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)


def _ink(line: Any) -> Any:
    """How much ink stands in each column of a line, as a share of its fullest."""
    import numpy as np

    grey = line.mean(0)[4:-4]
    paper, dark = np.percentile(grey, 85), np.percentile(grey, 3)
    if paper - dark < 0.1:
        return np.zeros(grey.shape[1], np.float32)
    return np.clip((paper - grey) / (paper - dark), 0, 1).max(0)


def _contrast(line: Any) -> float:
    import numpy as np

    grey = line.mean(0)
    return float(np.percentile(grey, 98) - np.percentile(grey, 2)) / 2


def _white(ink: Any, left: int, right: int) -> int:
    """The longest run of columns without ink between two places."""
    longest = run = 0
    for share in ink[max(0, left) : right]:
        run = run + 1 if share < 0.35 else 0
        longest = max(longest, run)
    return longest


def _clockwise(box: Any) -> Any:
    """Four corners from the upper left clockwise."""
    import numpy as np

    across = box[np.argsort(box[:, 0])]
    left, right = across[:2], across[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)
