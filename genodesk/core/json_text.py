"""The one way JSON is written: strict, on one line, with null for numbers that are not finite."""

import json
import math
from collections.abc import Mapping
from typing import Any


def to_json_line(values: Mapping[str, Any]) -> str:
    """One line of strict JSON; numbers that are not finite become null."""
    return json.dumps(_finite(values), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
