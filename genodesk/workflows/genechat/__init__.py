"""GeneChat: a language model that reads a gene's DNA and answers questions about it. The declaration; light."""

from genodesk.core.metrics import Metric
from genodesk.core.resources import resource
from genodesk.core.workflow import THE_RUN, Action, Best, Demo, Workflow
from genodesk.workflows.genechat import settings_actions as s
from genodesk.workflows.genechat.settings import PRESETS, TrainSettings
from genodesk.workflows.genechat.settings_chat import ChatSettings

_HERE = "genodesk.workflows.genechat"

METRICS = (
    Metric("exact", "Exact answers", "higher"),
    Metric("bleu_1", "BLEU-1", "higher"),
    Metric("bleu_2", "BLEU-2", "higher"),
    Metric("bleu_3", "BLEU-3", "higher"),
    Metric("bleu_4", "BLEU-4", "higher"),
    Metric("meteor", "METEOR", "higher"),
    Metric("rouge_1", "ROUGE-1", "higher"),
    Metric("rouge_2", "ROUGE-2", "higher"),
    Metric("rouge_l", "ROUGE-L", "higher"),
    Metric("answer_loss", "Loss of the true answer", "lower"),
    Metric("gap_other", "Gap to another gene", "higher", chance=0.0),
    Metric("gap_zero", "Gap to no gene", "higher", chance=0.0),
    Metric("gap_random", "Gap to permuted bases", "higher", chance=0.0),
)

# The answers without any network that stand beside every score, in words.
METHODS = {
    "most_frequent": "most frequent answer",
    "most_typical": "most typical answer",
    "nearest_copy": "answer of the most alike gene",
}

_GENES = resource("models/genechat-demo")
_QUESTION = {
    "fasta": str(_GENES / "genes.fasta"),
    "gene": ["gene0018"],
    "annotation": [str(_GENES / "genes.csv")],
    "question": "What does this gene do?",
    "model": THE_RUN,
    "shuffled": True,
}

WORKFLOW = Workflow(
    name="genechat",
    title="GeneChat",
    summary="Reads the DNA of a gene and answers questions about what it does.",
    metrics=METRICS,
    methods=METHODS,
    answers={
        **{word: f"{_HERE}.gene_answers:{word}" for word in ("genes", "evidence")},
        **{word: f"{_HERE}.answers:{word}" for word in ("model", "chat", "shuffled")},
    },
    demo=Demo(
        "train",
        "quick",
        {"genes": {"difficulty": "demo"}},
        then=(("chat", _QUESTION),),
        learns="Learns from small made-up genes and is asked about some that it has not read.",
        picture="gene",
    ),
    actions=(
        Action(
            "train",
            "Train",
            "Teach a language model to answer questions about genes.",
            TrainSettings,
            f"{_HERE}.train:train",
            check=f"{_HERE}.check:check_train",
            estimate=f"{_HERE}.estimate:estimate",
            best=Best("validation", "loss", "min"),
            presets=PRESETS,
        ),
        Action(
            "prepare",
            "Prepare",
            "Read genes and what is said of them, and write one set to train from.",
            s.PrepareSettings,
            f"{_HERE}.prepare:prepare",
            check=f"{_HERE}.check_genes:check_prepare",
        ),
        Action(
            "fetch",
            "Fetch",
            "Get genes with their summaries from NCBI, and write one set to train from.",
            s.FetchSettings,
            f"{_HERE}.fetch:fetch",
            check=f"{_HERE}.check_genes:check_fetch",
        ),
        Action(
            "download",
            "Download",
            "Get a language model or a DNA encoder from Hugging Face.",
            s.DownloadSettings,
            f"{_HERE}.download:download",
            check=f"{_HERE}.check:check_download",
        ),
        Action(
            "evaluate",
            "Evaluate",
            "Judge a model's answers, and whether they come from the gene.",
            s.EvaluateSettings,
            f"{_HERE}.evaluate:evaluate",
            check=f"{_HERE}.check_genes:check_evaluate",
        ),
        Action(
            "chat",
            "Chat",
            "Ask what a gene does; the answer comes from its DNA, with the evidence of your annotation beside it.",
            ChatSettings,
            f"{_HERE}.chat:chat",
            kind="call",
            check=f"{_HERE}.check_chat:check_chat",
        ),
        Action(
            "embed",
            "Embed",
            "Turn genes into numbers that say what their DNA is like.",
            s.EmbedSettings,
            f"{_HERE}.embed:embed",
            check=f"{_HERE}.check_embed:check_embed",
        ),
        Action(
            "import-checkpoint",
            "Import",
            "Turn a checkpoint of the published GeneChat program into a model that can be asked.",
            s.ImportSettings,
            f"{_HERE}.import_checkpoint:import_checkpoint",
            kind="call",
            check=f"{_HERE}.check:check_import",
        ),
        Action(
            "demo-data",
            "Generated genes",
            "Write made-up gene families whose functions are known.",
            s.DemoDataSettings,
            f"{_HERE}.demo_data:demo_data",
            kind="call",
            check=f"{_HERE}.check:check_demo_data",
        ),
    ),
)
