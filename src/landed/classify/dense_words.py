"""An embedder that needs no network: the word vectors inside the wheel of WordLlama, read as plain files and averaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
TENSOR = "embedding.weight"


def installed() -> bool:
    """Whether the extra `dense` is there."""
    return find_spec("wordllama") is not None and find_spec("tokenizers") is not None


class WordVectors:
    """Averages of the vectors of a text's word pieces. The package itself is never imported: its loader would ask the network for the tokenizer."""

    paid = False
    alone = 0.6  # below it what is nearest was seldom right on the development files

    def __init__(self) -> None:
        if not installed():
            raise _missing("it is not installed")
        try:
            self.name = f"wordllama {version('wordllama')} l2_supercat_256"
        except PackageNotFoundError:
            raise _missing("it is not installed") from None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 vectors of 256 figures; that of a text without word pieces is zero. Raises LandedError EXTRA_REQUIRED."""
        import numpy as np

        tokenizer, table = self._parts
        found = np.zeros((len(texts), table.shape[1]), np.float32)
        for row, text in enumerate(texts):  # one by one: a batch would start a thread for each core
            pieces = [i for i in tokenizer.encode(text, add_special_tokens=False).ids if i < len(table)]
            if pieces:
                found[row] = table[pieces].astype(np.float32).mean(axis=0)
        return found

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        """The tokenizer and the memory-mapped table of vectors."""
        import numpy as np

        spec = find_spec("wordllama")
        folder = Path(spec.origin).parent if spec and spec.origin else Path()
        try:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            with (folder / WEIGHTS).open("rb") as file:
                size = int.from_bytes(file.read(8), "little")
                head = json.loads(file.read(min(size, 1_000_000)))[TENSOR]
            if head["dtype"] != "F16":
                raise ValueError(head["dtype"])
            table = np.memmap(folder / WEIGHTS, np.float16, "r", 8 + size + head["data_offsets"][0], tuple(head["shape"]))
        except Exception as broken:  # tokenizers raises bare exceptions
            raise _missing(f"its files have another form ({type(broken).__name__})") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer, table


def _missing(why: str) -> LandedError:
    return LandedError("EXTRA_REQUIRED", f"expected the word vectors of the extra dense, but {why}", where="dense index", mend="pip install 'landed[dense]'")
