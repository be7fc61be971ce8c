"""Small yeast data in the forms people keep them in, and the measured ones where they lie beside the checkout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zarr

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "yeast"
SHEET = """GSM,菌株,培养基,碳源,预培养时间,预培养温度,药物,浓度,加药培养温度,加药培养时间,加药培养终点
S1,W303,YPD,0,5h,30,0,0,30,90 min,0.0
S2,W303,YPGly,甘油,0,0,borrelidin,5μM,28,3-4h,0.7
S3,BY4741,SD,0,0,0,PeAfpA,1μg/mL,30,20h,0
"""
SAMPLES = ["S1", "S2", "S3"]
REGIONS = ["chrI_100_400", "chrI_900_1500", "chrII_50_250", "chrII_600_700"]
MOTIFS = ["MA1.ABF1", "MA2.RAP1", "virtual_motif_1", "MA3.GAL4"]
SCORES = np.array([[2, 0, 0, 1], [0, 4, 0, 0], [1, 1, 0, 0], [4, 0, 0, 3]], dtype=np.float32)


def measured(name: str) -> Path:
    """A file of the measured data; the test is skipped where it is not."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the measured data {name} are not beside the checkout")
    return path


def sheet(folder: Path, text: str = SHEET, name: str = "条件 sheet.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def expression() -> np.ndarray:
    """[3 samples, 4 regions]."""
    return np.arange(12, dtype=np.float32).reshape(3, 4) / 4


def packed(folder: Path, *, one_hots: dict[str, list[float]] | None = None, scores: np.ndarray = SCORES) -> Path:
    """The packed zarr of three samples; accessibility differs between samples at the last region."""
    hots = {"培养基=YPD": [1, 0, 0], "培养基=unknown": [0, 1, 1], "药物=0": [1, 0, 0], "药物=borrelidin": [0, 1, 0]}
    hots = one_hots or {**hots, "浓度=0": [1, 0, 0], "浓度=5μM": [0, 1, 0]}
    path = folder / "packed 数据.zarr"
    root = zarr.open_group(path, mode="w")
    names = [*MOTIFS, "accessibility"]
    matrix = np.zeros((4, 3, len(names) + len(hots) + 1), dtype=np.float32)
    matrix[:, :, :4] = scores[:, None, :]
    matrix[:, :, 4] = 0.5
    matrix[3, 2, 4] = 0.25
    matrix[:, :, 5:-1] = np.array(list(hots.values())).T
    matrix[:, :, -1] = expression().T
    root.create_array("matrix", data=matrix)
    for name, values in (
        ("peak_ids", REGIONS),
        ("sample_ids", SAMPLES),
        ("motif_names", names),
        ("condition_onehot_names", list(hots)),
    ):
        array = root.create_array(name, shape=(len(values),), dtype="str")
        array[:] = np.array(values, dtype="T")
    return path


def flat(samples: tuple[str, ...] = ("S1", "S2", "S3")) -> pd.DataFrame:
    """A row for each region in each sample, conditions beside the scores."""
    rows = []
    for number, sample in enumerate(samples):
        for region, name in enumerate(REGIONS):
            scores = dict(zip(MOTIFS, SCORES[region], strict=True))
            rows.append(
                {
                    "sample": sample, "peak_id": name, **scores, "accessibility": 0.5,
                    "medium": ("YPD", "sc", "ypd")[number], "drug": ("none", "rapamycin", "")[number],
                    "dose (nM)": ("", 200, "")[number], "temperature": (30, 37, "")[number],
                    "target": expression()[number, region], "remark": "as seen",
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def regions_table(folder: Path) -> Path:
    path = folder / "regions.csv"
    pd.DataFrame(SCORES, columns=MOTIFS, index=pd.Index(REGIONS, name="region")).to_csv(path)
    return path


def expression_table(folder: Path, *, turned: bool = False) -> Path:
    path = folder / "expression.tsv"
    frame = pd.DataFrame(expression().T, index=pd.Index(REGIONS, name="region"), columns=SAMPLES)
    (frame.T if turned else frame).to_csv(path, sep="\t")
    return path
