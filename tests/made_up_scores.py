"""A result as a run writes it, with two metrics, two estimates and two baselines, for the tests of how it is told."""

from genodesk.core.metrics import Metric

VOCABULARY = (
    Metric("spearman", "Pair-distance Spearman", "higher", chance=0.0),
    Metric("rmsd", "RMSD after alignment", "lower", "µm"),
)
RESULT = {
    "point_estimate": "one_step",
    "metrics": {"spearman": 0.8453, "rmsd": 322.77},
    "estimates": {"one_step": {"spearman": 0.8453, "rmsd": 322.77}, "sample": {"spearman": 0.83}},
    "baselines": {"pca2": {"spearman": 0.511, "rmsd": 496.8}, "nearest_slice": {"spearman": 0.736, "rmsd": None}},
    "chance": {"rmsd": 604.75},
}
