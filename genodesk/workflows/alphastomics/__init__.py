"""AlphaSTomics: masked diffusion over expression and spatial position. The declaration; light to import."""

from genodesk.core.metrics import Metric
from genodesk.core.workflow import Action, Best, Demo, Workflow
from genodesk.workflows.alphastomics import settings_actions as s
from genodesk.workflows.alphastomics.settings import PRESETS, TrainSettings

_HERE = "genodesk.workflows.alphastomics"

METRICS = (
    Metric("pair_distance_spearman", "Pair-distance Spearman", "higher", chance=0.0),
    Metric("knn_overlap", "kNN@10 overlap", "higher"),
    Metric("contact_precision", "Contact precision at 5 %", "higher", chance=0.05),
    Metric("rmsd", "RMSD after alignment", "lower", "µm"),
    Metric("r2", "R² after alignment", "higher"),
    Metric("gene_pearson", "Pearson per gene", "higher", chance=0.0),
    Metric("moran_gap", "Moran's I gap", "lower"),
    Metric("expression_energy", "Energy distance of expression", "lower"),
    Metric("expression_wasserstein", "Sliced Wasserstein of expression", "lower"),
    Metric("neighbour_wasserstein", "Wasserstein of neighbour distances", "lower"),
    Metric("position_loss", "Position loss", "lower"),
    Metric("expression_loss", "Expression loss", "lower"),
    Metric("masked_loss", "Masked loss", "lower"),
    Metric("balance_loss", "Expert balance loss", "lower"),
)

METHODS = {
    "shuffled": "shuffled places",
    "centroid": "cell-type centroid",
    "pca2": "two principal components",
    "nearest_slice_knn": "nearest slice",
    "knn": "nearest neighbours",
    "ridge": "ridge regression",
    "gene_mean": "mean of each gene",
    "knn_as_in_file": "nearest neighbours, slices as in the file",
}

WORKFLOW = Workflow(
    name="alphastomics",
    title="AlphaSTomics",
    summary="Learns where cells sit in a tissue from what they express, and the other way round.",
    metrics=METRICS,
    methods=METHODS,
    demo=Demo(
        "train",
        "quick",
        {"tissue": {"difficulty": "demo"}},
        learns="Learns from a small made-up cortex and places the cells of a slice it has not seen.",
    ),
    actions=(
        Action(
            "train",
            "Train",
            "Train a model on slices of tissue.",
            TrainSettings,
            f"{_HERE}.train:train",
            check=f"{_HERE}.check:check_train",
            estimate=f"{_HERE}.estimate:estimate",
            best=Best("validation", "pair_distance_spearman", "max"),
            presets=PRESETS,
        ),
        Action(
            "test",
            "Test",
            "Score a trained model on cells whose positions are known.",
            s.TestSettings,
            f"{_HERE}.evaluate:test",
            check=f"{_HERE}.check:check_test",
        ),
        Action(
            "sample",
            "Sample",
            "Place cells, paint expression, or make new cells.",
            s.SampleSettings,
            f"{_HERE}.sample:sample",
            check=f"{_HERE}.check:check_sample",
        ),
        Action(
            "extract",
            "Extract embeddings",
            "Write the network's inner view of cells.",
            s.ExtractSettings,
            f"{_HERE}.extract:extract",
            check=f"{_HERE}.check:check_extract",
        ),
        Action(
            "preprocess",
            "Preprocess",
            "Check files of cells and merge them into one store.",
            s.PreprocessSettings,
            f"{_HERE}.preprocess:preprocess",
            check=f"{_HERE}.check:check_preprocess",
        ),
        Action(
            "stage1",
            "Preprocess one data set",
            "Check one file and bring it into a store.",
            s.Stage1Settings,
            f"{_HERE}.preprocess:stage1",
            check=f"{_HERE}.check:check_stage1",
        ),
        Action(
            "stage2",
            "Merge data sets",
            "Merge stores of several data sets.",
            s.Stage2Settings,
            f"{_HERE}.preprocess:stage2",
            check=f"{_HERE}.check:check_stage2",
        ),
        Action(
            "compare",
            "Compare networks",
            "Parameters and active parameters of the published configurations.",
            s.CompareSettings,
            f"{_HERE}.calls:compare",
            kind="call",
        ),
        Action(
            "upload",
            "Upload",
            "Make a data set folder for Hugging Face, and push it when asked.",
            s.UploadSettings,
            f"{_HERE}.upload:upload",
            kind="call",
        ),
        Action(
            "demo-data",
            "Synthetic tissue",
            "Write the synthetic tissue as a file.",
            s.DemoDataSettings,
            f"{_HERE}.calls:demo_data",
            kind="call",
            check=f"{_HERE}.check:check_demo_data",
        ),
        Action(
            "import-config",
            "Import an old config",
            "Turn a config.yaml of the earlier program into settings.",
            s.ImportConfigSettings,
            f"{_HERE}.calls:import_config",
            kind="call",
        ),
    ),
)
