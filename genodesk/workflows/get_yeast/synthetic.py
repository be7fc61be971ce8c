"""Made-up yeast whose regulation is known: 40 transcription factors whose activity follows from how a culture grew.

Gene names are real, what they answer to is roughly what is known of them; every number is invented.
It writes nothing and knows neither the model nor the files a person brings.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import condition_groups, typed
from genodesk.workflows.get_yeast.data import Regions, YeastData
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG

Difficulty = Literal["demo", "mid", "hard"]
Array = np.ndarray

FACTORS = (
    "REB1", "ABF1", "RAP1", "HSF1", "MSN2", "MSN4", "GAL4", "MIG1", "GCN4", "PDR1",
    "PDR3", "YAP1", "FHL1", "SWI4", "MBP1", "SFP1", "GCR1", "HAP1", "HAP4", "ADR1",
    "CAT8", "RGT1", "GLN3", "GAT1", "PUT3", "LEU3", "BAS1", "INO2", "INO4", "UPC2",
    "PHO4", "CBF1", "MET31", "AFT1", "RPN4", "SKN7", "XBP1", "FKH1", "ACE2", "STE12",
)  # fmt: skip
OPENERS = {"REB1": 1.6, "ABF1": 1.4, "RAP1": 1.2}  # what they add to the log odds that a region is open
SYNERGIES = (
    ("RAP1", "FHL1"), ("RAP1", "GCR1"), ("HSF1", "MSN2"), ("GCN4", "BAS1"), ("HAP4", "CAT8"), ("INO2", "INO4"),
    ("PDR1", "YAP1"), ("SWI4", "REB1"), ("CBF1", "MET31"), ("ABF1", "MIG1"),
)  # fmt: skip
BOUND_SHARE = 0.14  # of the regions a factor binds
SYNERGY = 0.55
WINDOW = 16  # neighbours; chromosomes are whole windows
CHROMOSOMES = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV")

# Drug -> half-effective dose in mol/L and steepness of its Hill curve.
DRUGS = {"fluconazole": (2e-5, 1.5), "rapamycin": (1e-7, 1.2), "hydrogen peroxide": (4e-4, 2.0)}
DOSES_OF_HALF = (0.1, 0.3, 1.0, 3.0, 10.0)
TEMPERATURES = (25.0, 30.0, 34.0, 37.0, 40.0)
ODS = (0.3, 0.6, 1.0, 1.5, 2.2)
TIMES = (1.0, 4.0, 16.0)


@dataclass(frozen=True)
class _Level:
    noise: float  # of a measurement, in deviations of true expression
    motif_noise: float  # of a motif score, in mean binding strengths


_LEVELS: dict[Difficulty, _Level] = {"demo": _Level(0.28, 0.0), "mid": _Level(0.45, 0.15), "hard": _Level(0.7, 0.35)}


@dataclass(frozen=True)
class Truth:
    """The laws behind made-up yeast: F factors, R regions, S samples.

    `strength` [R, F] of binding, `accessibility` [R], `activity` [S, F] of factors (positive activates, negative
    represses), `synergy` [F, F], `basal` [R] and `expression` [S, R] before noise.
    """

    factors: tuple[str, ...]
    strength: Array
    accessibility: Array
    activity: Array
    synergy: Array
    basal: Array
    expression: Array

    def knocked_out(self, factor: str) -> Array:
        """Change of true expression [S, R] when nothing is bound by this factor; accessibility stays as it is."""
        strength = self.strength.copy()
        strength[:, self.factors.index(factor)] = 0.0
        return _express(strength, self.accessibility, self.activity, self.synergy, self.basal) - self.expression

    def under(self, conditions: pd.DataFrame) -> Array:
        """True expression [S', R] in other typed conditions."""
        activity = factor_activity(conditions)
        return _express(self.strength, self.accessibility, activity, self.synergy, self.basal)

    def arrays(self) -> dict[str, Array]:
        """Everything as plain arrays, to be written beside the data, with the mean effect of every knock-out [F, R]."""
        return {
            "factors": np.array(self.factors),
            "strength": self.strength,
            "accessibility": self.accessibility,
            "activity": self.activity,
            "synergy": self.synergy,
            "basal": self.basal,
            "expression": self.expression,
            "knock_out": np.stack([self.knocked_out(name).mean(axis=0) for name in self.factors]),
        }


def synth_yeast(difficulty: Difficulty = "demo", seed: int = 0) -> YeastData:
    """Made-up yeast of the usual size: 2,400 regions in 150 windows on 15 chromosomes, 64 cultures."""
    return make_yeast(difficulty, seed)[0]


def make_yeast(
    difficulty: Difficulty = "demo", seed: int = 0, genes: int = 2400, conditions: int = 64, replicates: int = 1
) -> tuple[YeastData, Truth]:
    """Data and the truth behind them; the same arguments give the same yeast.

    Expression is softplus(basal + sum of strength x accessibility x activity + synergies) + noise, from 0 up.
    Raises UserError for an unknown difficulty.
    """
    if difficulty not in _LEVELS:
        known = ", ".join(get_args(Difficulty))
        raise UserError(f"There is no synthetic yeast called {difficulty!r}.", f"Choose one of {known}.", "difficulty")
    level = _LEVELS[difficulty]
    rng = np.random.default_rng([seed, 0])
    strength = (rng.random((genes, len(FACTORS))) < BOUND_SHARE) * rng.gamma(2.0, 0.5, (genes, len(FACTORS)))
    accessibility = _accessibility(strength, rng)
    synergy = _synergies(rng)
    basal = rng.normal(1.1, 0.25, genes)
    regions = _regions(genes, rng)
    grown = _draw_conditions(conditions, np.random.default_rng([seed, 1]))
    frame = grown.loc[np.repeat(grown.index, replicates)]
    samples = [f"culture_{row:02d}_{copy + 1}" for row in range(conditions) for copy in range(replicates)]
    frame = typed(frame.set_axis(pd.Index(samples, dtype=object), axis=0))
    activity = factor_activity(frame)
    truth = _express(strength, accessibility, activity, synergy, basal)
    noisy = np.random.default_rng([seed, 2])
    measured = np.maximum(truth + noisy.normal(0.0, level.noise * truth.std(), truth.shape), 0.0)
    scores = strength + (strength > 0) * noisy.normal(0.0, level.motif_noise, strength.shape)
    scores = np.maximum(scores, 0.0)
    scale = scores.max(axis=0)
    data = YeastData(
        regions=regions,
        motifs=(scores / scale).astype(np.float32),
        motif_names=list(FACTORS),
        accessibility=accessibility.astype(np.float32),
        expression=measured.astype(np.float32),
        samples=np.array(samples, dtype=object),
        conditions=frame,
        condition_group=condition_groups(frame),
        motif_scale=scale.astype(np.float32),
    )
    return data, Truth(FACTORS, strength, accessibility, activity, synergy, basal, truth)


def factor_activity(conditions: pd.DataFrame) -> Array:
    """Activity [S, F] of every factor in typed conditions: a known function of medium, heat, drug and density.

    What is missing counts as the usual: glucose, 30 °C, OD600 0.6, 2 h.
    """
    medium, carbon = conditions["medium"].to_numpy(object), conditions["carbon_source"].to_numpy(object)
    galactose = (medium == "ypgal") | (carbon == "galactose")
    glycerol = (medium == "ypgly") | (carbon == "glycerol")
    no_glucose = (galactose | glycerol).astype(float)
    galactose, glycerol = galactose.astype(float), glycerol.astype(float)
    minimal = (medium == "minimal").astype(float)
    heat = _sigmoid((_filled(conditions, "drug_temperature_c", 30.0) - 36.0) / 1.5)
    dense = _sigmoid((_filled(conditions, "drug_od600", 0.6) - 1.4) / 0.35)
    late = np.log1p(_filled(conditions, "drug_time_h", 2.0)) / np.log1p(16.0)
    fluconazole, rapamycin, peroxide = (_hill(conditions, drug) for drug in DRUGS)
    stress = np.clip(0.8 * heat + 0.7 * peroxide + 0.5 * dense + 0.3 * glycerol, 0.0, 1.6)
    growth = np.clip(1.0 - 0.35 * no_glucose - 0.45 * rapamycin - 0.3 * dense - 0.25 * heat - 0.2 * minimal, 0.0, 1.0)
    still = np.ones(len(conditions))
    known = {
        "REB1": 0.9 * still, "ABF1": 0.8 * still, "RAP1": 0.2 + 1.1 * growth,
        "HSF1": 0.25 + 1.9 * heat, "MSN2": 1.5 * stress, "MSN4": 0.9 * stress,
        "GAL4": 2.4 * galactose, "MIG1": -1.3 * (1 - no_glucose), "GCN4": 0.2 + 1.7 * minimal + 0.5 * rapamycin,
        "PDR1": 0.2 + 2.2 * fluconazole, "PDR3": 0.1 + 1.2 * fluconazole, "YAP1": 0.2 + 2.0 * peroxide,
        "FHL1": 1.5 * growth, "SWI4": 1.1 * growth, "MBP1": 0.8 * growth, "SFP1": 1.2 * growth, "GCR1": 1.0 * growth,
        "HAP1": 0.5 + 0.5 * glycerol, "HAP4": 0.2 + 1.6 * glycerol + 0.5 * galactose, "ADR1": 1.4 * no_glucose,
        "CAT8": 1.5 * glycerol, "RGT1": -1.0 * no_glucose, "GLN3": 1.6 * rapamycin, "GAT1": 1.2 * rapamycin,
        "PUT3": 0.4 * still, "LEU3": 0.3 + 0.9 * minimal, "BAS1": 0.3 + 0.8 * minimal,
        "INO2": 0.2 + 0.8 * minimal, "INO4": 0.2 + 0.8 * minimal, "UPC2": 0.2 + 1.5 * fluconazole,
        "PHO4": 0.9 * dense, "CBF1": 0.7 * still, "MET31": 0.2 + 0.9 * minimal, "AFT1": -0.6 * dense,
        "RPN4": 0.3 + 1.1 * heat, "SKN7": 1.3 * peroxide, "XBP1": -1.4 * dense, "FKH1": 0.6 * growth,
        "ACE2": 0.7 * growth * (1 - late), "STE12": 0.5 * late,
    }  # fmt: skip
    return np.stack([known[name] for name in FACTORS], axis=1)


def _express(strength: Array, accessibility: Array, activity: Array, synergy: Array, basal: Array) -> Array:
    """True expression [S, R]."""
    opened = strength * accessibility[:, None]
    together = np.zeros((len(activity), len(strength)))
    for one, other in zip(*np.nonzero(synergy), strict=True):
        both = np.sqrt(np.abs(activity[:, one] * activity[:, other]))
        together += synergy[one, other] * both[:, None] * (opened[:, one] * opened[:, other])[None]
    return np.logaddexp(0.0, basal + activity @ opened.T + together)


def _accessibility(strength: Array, rng: np.random.Generator) -> Array:
    """From 0 to 1: regions bound by general regulatory factors are open."""
    odds = -0.3 + rng.normal(0.0, 0.7, len(strength))
    for name, weight in OPENERS.items():
        odds += weight * strength[:, FACTORS.index(name)]
    return _sigmoid(odds)


def _synergies(rng: np.random.Generator) -> Array:
    matrix = np.zeros((len(FACTORS), len(FACTORS)))
    for one, other in SYNERGIES:
        matrix[FACTORS.index(one), FACTORS.index(other)] = SYNERGY * rng.uniform(0.7, 1.3)
    return matrix


def _regions(genes: int, rng: np.random.Generator) -> Regions:
    """Places on the chromosomes, neighbours in order, whole windows on each chromosome."""
    windows = -(-genes // WINDOW)
    share = -(-windows // len(CHROMOSOMES)) * WINDOW
    number = np.arange(genes) // share
    width = rng.integers(200, 900, genes)
    gap = 150 + rng.exponential(1200, genes).astype(np.int64)
    end = np.zeros(genes, dtype=np.int64)
    for chromosome in np.unique(number):
        rows = number == chromosome
        end[rows] = np.cumsum(width[rows] + gap[rows])
    start = end - width
    chrom = np.array([f"chr{CHROMOSOMES[index]}" for index in number], dtype=object)
    ids = [f"{name}_{first}_{last}" for name, first, last in zip(chrom, start, end, strict=True)]
    return Regions(np.array(ids, dtype=object), chrom, start, end)


def _draw_conditions(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Cultures [number], no two alike: media, heat, drugs in several doses; time or density is often not recorded."""
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    while len(rows) < number:
        medium = str(rng.choice(["ypd", "sc", "minimal", "ypgal", "ypgly"], p=[0.3, 0.25, 0.2, 0.13, 0.12]))
        row: dict[str, object] = {"medium": medium, "drug_temperature_c": float(rng.choice(TEMPERATURES))}
        if medium in ("sc", "minimal"):
            row["carbon_source"] = str(rng.choice(["glucose", "galactose", "glycerol"], p=[0.7, 0.18, 0.12]))
        row["drug"] = str(rng.choice([NO_DRUG, *DRUGS], p=[0.43, 0.19, 0.19, 0.19]))
        if row["drug"] in DRUGS:
            row["dose_molar"] = float(f"{DRUGS[str(row['drug'])][0] * rng.choice(DOSES_OF_HALF):.3g}")
        row["drug_od600"] = float(rng.choice(ODS))
        if rng.random() < 0.5:
            row["drug_time_h"] = float(rng.choice(TIMES))
        if rng.random() < 0.4:
            row["preculture_temperature_c"] = 30.0
            row["preculture_time_h"] = float(rng.choice([5.0, 10.0, 16.0]))
        if rng.random() < 0.2:
            row["nitrogen_source"] = "ammonium sulfate"
        if rng.random() < 0.3:
            row["preculture_od600"] = float(rng.choice([0.3, 0.6]))
        rows.setdefault(tuple(sorted(row.items())), row)
    return pd.DataFrame(list(rows.values()))


def _hill(conditions: pd.DataFrame, drug: str) -> Array:
    """Effect of one drug from 0 to 1; where its dose was not recorded, half."""
    half, steepness = DRUGS[drug]
    dose = _filled(conditions, "dose_molar", half) ** steepness
    return np.where(conditions["drug"].to_numpy(object) == drug, dose / (dose + half**steepness), 0.0)


def _filled(conditions: pd.DataFrame, name: str, usual: float) -> Array:
    numbers = pd.to_numeric(conditions[name]).to_numpy(dtype=float)
    return np.where(np.isfinite(numbers), numbers, usual)


def _sigmoid(values: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-values))
