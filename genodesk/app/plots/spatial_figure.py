"""The cells of a view as a figure for print: what the engine's renderer takes."""

import hashlib

import numpy as np

from genodesk.app.plots.scene import Scene
from genodesk.core.figure import Axis, Figure, Panel, Series


def spatial_figure(scene: Scene, name: str, title: str, unit: str) -> tuple[Figure, dict[str, np.ndarray]]:
    """The cells that a scene shows, with their class codes or quantities; arrays by file name."""
    (x, y), colouring = scene.places.positions.T, scene.colouring
    keep = np.isfinite(x) & np.isfinite(y)
    if scene.visible is not None:
        keep &= scene.visible
    roles = {"x": x[keep], "y": y[keep]}
    if colouring.values is not None:
        roles["value"] = (colouring.codes if colouring.by_class else colouring.values)[keep]
    arrays, data = {}, {}
    for role, array in roles.items():
        numbers = np.ascontiguousarray(array)
        data[role] = f"{name}.{role}-{hashlib.sha256(numbers.data).hexdigest()[:12]}.npy"
        arrays[data[role]] = numbers
    axes = {"x": Axis(label="x", unit=unit), "y": Axis(label="y", unit=unit)}
    panel = Panel(title="", **axes, series=(Series(name="cells", data=data),), equal_aspect=True)
    return Figure(name=name, kind="spatial", title=title, panels=(panel,), colour=colouring.scale), arrays
