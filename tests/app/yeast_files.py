"""Small yeast data as people keep them: the packed zarr with its condition sheet, a flat table; a tiny training."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "yeast"
CHROMOSOMES, A_CHROMOSOME, SAMPLES = ("chrI", "chrII", "chrIV"), 24, 8
MOTIFS = [f"MA{number}.1.{name}" for number, name in enumerate(("ABF1", "RAP1", "GAL4", "HSF1", "PDR1", "REB1"))]
FILLERS = ["virtual_motif_1", "virtual_motif_2", "virtual_motif_3"]
NAMES = [f"GSM{100 + number}" for number in range(SAMPLES)]
REGIONS = [
    f"{chromosome}_{1000 * number + 100}_{1000 * number + 500 + 10 * number}"
    for chromosome in CHROMOSOMES
    for number in range(A_CHROMOSOME)
]
TINY = {
    "layers": 1,
    "width": 16,
    "heads": 2,
    "window": 8,
    "condition_width": 8,
    "bilinear_rank": 4,
    "batch_size": 4,
    "samples_per_batch": 4,
    "max_steps": 12,
    "log_every": 1,
    "evaluate_every": 4,
    "device": "cpu",
}

_SHEET = """GSM,菌株,培养基,碳源,预培养时间,药物,浓度,加药培养温度,加药培养时间,加药培养终点
GSM100,W303,YPD,0,5h,0,0,30,90 min,0
GSM101,W303,YPD,0,5h,0,0,30,90 min,0
GSM102,W303,YPD,0,0,borrelidin,5μM,30,9h,0.7
GSM103,W303,YPD,0,0,borrelidin,5μM,30,9h,0.7
GSM104,BY4741,YPD,0,0,PeAfpA,1μg/mL,30,20h,0
GSM105,BY4741,YPGly,0,0,0,0,28,8h,0.6
GSM106,BY4741,YPGly,0,0,0,0,28,8h,0.6
GSM999,BY4741,YPD,0,0,0,0,30,8h,0
"""


def sheet(folder: Path) -> Path:
    """Eight rows of which one is of no sample; the sample GSM107 has none."""
    path = folder / "条件 sheet.csv"
    path.write_text(_SHEET, encoding="utf-8")
    return path


def packed(folder: Path) -> Path:
    """72 regions on three chromosomes in 8 samples: 6 motifs, 3 columns of zeros, no conditions."""
    scores, opened, expression = _numbers()
    path = folder / "packed 数据.zarr"
    path.mkdir()
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    names = [*MOTIFS, *FILLERS, "accessibility"]
    matrix = np.zeros((len(REGIONS), SAMPLES, len(names) + 1), dtype=np.float32)
    matrix[:, :, : len(MOTIFS)] = scores[:, None, :]
    matrix[:, :, -2] = opened[:, None]
    matrix[:, :, -1] = expression.T
    _write(path / "matrix", matrix)
    for name, values in (("peak_ids", REGIONS), ("sample_ids", NAMES), ("motif_names", names)):
        _write(path / name, np.array(values))
    return path


def flat() -> pd.DataFrame:
    """A row for each region in three samples; one expression value and the second sample's temperature are missing."""
    scores, opened, expression = _numbers()
    rows = []
    for number, (medium, drug, dose, heat) in enumerate(
        (("YPD", "none", "", "30"), ("YPD", "rapamycin", "200", ""), ("YPGly", "none", "", "37"))
    ):
        for place, region in enumerate(REGIONS):
            rows.append(
                {
                    "sample": NAMES[number],
                    "peak_id": region,
                    **dict(zip(MOTIFS, scores[place].tolist(), strict=True)),
                    "accessibility": float(opened[place]),
                    "medium": medium,
                    "drug": drug,
                    "dose (nM)": dose,
                    "temperature": heat,
                    "target": float(expression[number, place]),
                }
            )
    table = pd.DataFrame(rows)
    table["target"] = table["target"].astype(object)
    table.loc[5, "target"] = ""
    return table


def _write(place: Path, values: np.ndarray) -> None:
    """A zarr array of one plain chunk, by hand: the library would leave threads behind."""
    place.mkdir()
    about = {"zarr_format": 2, "shape": values.shape, "chunks": values.shape, "dtype": values.dtype.str}
    (place / ".zarray").write_text(
        json.dumps({**about, "compressor": None, "fill_value": None, "order": "C", "filters": None})
    )
    (place / ".".join("0" * values.ndim)).write_bytes(values.tobytes())


def _numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores [R, M], accessibility [R] and expression [S, R], where motifs and the drug drive expression."""
    random = np.random.default_rng(4)
    shape = (len(REGIONS), len(MOTIFS))
    scores = (random.gamma(2.0, 2.0, shape) * (random.random(shape) < 0.5)).astype(np.float32).round(3)
    opened = random.random(len(REGIONS)).astype(np.float32).round(3)
    activity = np.zeros((SAMPLES, len(MOTIFS)))
    activity[:, 1] = 0.3
    activity[2:4, 4] = 0.6
    activity[5:7, 3] = 0.4
    level = activity @ (scores * opened[:, None]).T + random.normal(0, 0.05, (SAMPLES, len(REGIONS)))
    return scores, opened, np.maximum(level, 0).astype(np.float32).round(4)
