"""From a description of goods to ranked tariff lines with reasons, one question, and the money between them."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """Keeps `landed.classify(...)` a call: importing this package puts the package in the place of the function of that name."""

    def __call__(self, text: str, **fields: Any) -> Any:
        """As `landed.classify` in `landed/__init__.py`."""
        return import_module("landed.operations.classify").classify({**fields, "text": text})


sys.modules[__name__].__class__ = _Room
