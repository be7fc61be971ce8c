"""GET yeast: expression of regions from motifs, accessibility and culture conditions. The declaration; light."""

from genodesk.core.metrics import Metric
from genodesk.core.workflow import Action, Best, Demo, Workflow
from genodesk.workflows.get_yeast import settings_actions as s
from genodesk.workflows.get_yeast.settings import PRESETS, TrainSettings

_HERE = "genodesk.workflows.get_yeast"

METRICS = (
    Metric("pearson", "Pearson", "higher", chance=0.0),
    Metric("spearman", "Spearman", "higher", chance=0.0),
    Metric("r2", "R²", "higher", chance=0.0),
    Metric("delta_pearson", "Pearson of changes", "higher", chance=0.0),
    Metric("motif_pearson", "Pearson of motifs alone", "higher", chance=0.0),
    Metric("mse", "Mean squared error", "lower"),
    Metric("rmse", "Root mean squared error", "lower"),
    Metric("mae", "Mean absolute error", "lower"),
)

# The simple methods beside every score, in words.
METHODS = {
    "region_mean": "mean of each region",
    "nearest_condition": "nearest condition",
    "replicate_mean": "mean of replicates",
    "ridge": "ridge on motifs",
    "ridge_per_condition": "ridge per condition",
    "ridge_motif_condition": "ridge motif × condition",
    "boosting": "boosted trees",
    "extra_trees": "extra trees",
}

WORKFLOW = Workflow(
    name="get-yeast",
    title="GET yeast",
    summary="Predicts how strongly yeast regions are expressed from their motifs and how the culture was grown.",
    metrics=METRICS,
    methods=METHODS,
    demo=Demo(
        "train",
        "quick",
        {"yeast": {"difficulty": "demo"}},
        learns="Learns from made-up regions and cultures and is judged on some that it has not seen.",
        picture="regions",
    ),
    reads=f"{_HERE}.recognise:reads",
    actions=(
        Action(
            "train",
            "Train",
            "Train a model on regions and cultures.",
            TrainSettings,
            f"{_HERE}.train:train",
            check=f"{_HERE}.check:check_train",
            estimate=f"{_HERE}.estimate:estimate",
            best=Best("test", "pearson", "max"),  # of the whole model, once; epochs are chosen by fitting.BEST
            presets=PRESETS,
        ),
        Action(
            "pretrain",
            "Pretrain",
            "Learn from regions alone how motifs go together.",
            s.PretrainSettings,
            f"{_HERE}.pretrain:pretrain",
            check=f"{_HERE}.check:check_pretrain",
            best=Best("validation", "loss", "min"),
        ),
        Action(
            "prepare",
            "Prepare",
            "Read and check files of any kind and write one file to train from.",
            s.PrepareSettings,
            f"{_HERE}.prepare:prepare",
            check=f"{_HERE}.check:check_prepare",
        ),
        Action(
            "evaluate",
            "Evaluate",
            "Score a trained model on measured expression.",
            s.EvaluateSettings,
            f"{_HERE}.evaluate:evaluate",
            check=f"{_HERE}.check_use:check_evaluate",
        ),
        Action(
            "predict",
            "Predict",
            "Predict expression of regions in cultures.",
            s.PredictSettings,
            f"{_HERE}.predict:predict",
            check=f"{_HERE}.check_use:check_predict",
        ),
        Action(
            "explain",
            "Explain",
            "Show which motifs and conditions matter, and what changing one would do.",
            s.ExplainSettings,
            f"{_HERE}.explain:explain",
            check=f"{_HERE}.check_use:check_explain",
        ),
        Action(
            "demo-data",
            "Synthetic yeast",
            "Write made-up yeast whose regulation is known.",
            s.DemoDataSettings,
            f"{_HERE}.demo_data:demo_data",
            kind="call",
            check=f"{_HERE}.check_use:check_demo_data",
        ),
    ),
)
