"""The settings of a run taken up again: as they were, or with half the batch where the memory was too small."""

from typing import Any

from genodesk.core.run import RunFolder
from genodesk.core.settings_file import read_settings_file


def settings_of(folder: RunFolder) -> tuple[dict[str, Any], str]:
    """The nested settings of a run and its preset. Raises UserError where settings.yaml is damaged."""
    values, named = read_settings_file(folder.settings_file)
    return values, str(named.get("preset", "standard"))


def halved_batch(values: dict[str, Any]) -> dict[str, Any] | None:
    """The settings with `batch_size` halved and `accumulate` doubled, so that an update sees as many examples.

    None where the settings have no batch or one that cannot be halved.
    """
    if isinstance(values.get("batch_size"), int) and isinstance(values.get("accumulate"), int):
        batch = values["batch_size"]
        if batch < 2:
            return None
        return {**values, "batch_size": batch // 2, "accumulate": 2 * values["accumulate"]}
    for name, inner in values.items():
        if isinstance(inner, dict) and (found := halved_batch(inner)) is not None:
            return {**values, name: found}
    return None
