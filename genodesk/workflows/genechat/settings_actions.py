"""The settings of every action but training and chatting. Light as well."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.sequence_files import FUNCTIONS, GFF3, SEQUENCES, Duplicates, repeated_ids
from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.training_settings import RuntimeSettings
from genodesk.workflows.genechat.settings import LAYOUT_TITLES, MODEL_FOLDER, RUN, GenesSettings
from genodesk.workflows.genechat.windows import LONGEST_GENE, Layout

OUTPUT_FOLDER = FileKind(role="output", folder=True)
PREPARABLE = FileKind((*SEQUENCES.suffixes, ".json"))
HUB = "https://huggingface.co"
CHECKPOINT = FileKind((".pth", ".pt", ".ckpt", ".bin", ".safetensors"), "weights")


class SetSettings(Settings):
    """What becomes a pair of a question and an answer, and what is kept aside for tests."""

    question: str = setting(
        "What does this gene do?", title="Question", help="Which question the descriptions of the genes answer."
    )
    split: Literal["family", "members", "random"] = setting(
        "family",
        title="Keep aside",
        help="A tenth of the genes for each of two tests: by whole families, by members, or any (optimistic).",
        choice_titles={"family": "whole families", "members": "members of families", "random": "any genes"},
    )
    shortest_gene: int = setting(
        30, title="Shortest gene", unit="bases", ge=1, advanced=True, help="Shorter ones are left out."
    )
    longest_gene: int = setting(
        LONGEST_GENE, title="Longest gene", unit="bases", ge=100, advanced=True, help="Longer ones are left out."
    )
    seed: int = setting(
        0, title="Random seed", ge=0, le=2**32 - 1, advanced=True, help="Another seed keeps other genes aside."
    )


class PrepareSettings(Settings):
    """Read genes and what is said of them, check and clean both, and write one set to train from."""

    data: Path = setting(
        title="Genes", help="FASTA, GenBank, a genome, or the folder with GeneChat's seq.json.", file=PREPARABLE
    )
    annotation: Path | None = setting(
        None, title="Annotation", help="GFF3 that says where in the sequences the genes lie.", file=GFF3
    )
    functions: Path | None = setting(
        None, title="Functions", help="Table with the columns id and function, one gene a row.", file=FUNCTIONS
    )
    duplicates: Duplicates = repeated_ids()
    rules: SetSettings = group(SetSettings, title="Pairs")
    out: Path = setting(
        title="Write the set to", help="Folder to write; a set that is there is replaced.", file=OUTPUT_FOLDER
    )


class FetchSettings(Settings):
    """Get protein-coding genes with their summaries from NCBI, and write one set to train from."""

    organism: str = setting(title="Organism", help="As NCBI knows it, for example Saccharomyces cerevisiae.")
    query: str = setting("", title="Only genes about", help="Further words in NCBI's search language; all if empty.")
    most_genes: int | None = setting(
        None, title="Most genes", ge=1, le=1_000_000, help="How many to get; all if empty."
    )
    email: str | None = setting(
        None, title="E-mail", help="Told to NCBI, which may then warn instead of blocking.", advanced=True
    )
    service: str = setting(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        title="Service",
        help="Address of the E-utilities, or of a copy of them.",
        advanced=True,
    )
    rules: SetSettings = group(SetSettings, title="Pairs")
    out: Path = setting(
        title="Write the set to", help="Folder to write; a set that is there is replaced.", file=OUTPUT_FOLDER
    )


class DownloadSettings(Settings):
    """Get a language model or a DNA encoder from Hugging Face, as a folder that trainings and questions can use."""

    model: str = setting(
        title="Model",
        help="Its name on Hugging Face, for example lmsys/vicuna-13b-v1.5 or zhihan1996/DNABERT-2-117M.",
    )
    revision: str = setting(
        "main", title="Revision", advanced=True, help="Branch, tag or commit; what it is at the start is fetched."
    )
    service: str = setting(
        HUB,
        title="Service",
        advanced=True,
        help="Address of the hub, or of a copy of it; your token is sent to huggingface.co alone.",
    )
    out: Path = setting(title="Write the model to", help="New folder for the model.", file=OUTPUT_FOLDER)


class EvaluateSettings(Settings):
    """Judge a model: its answers beside simple methods, and whether it reads the gene that it is shown."""

    run: Path | None = setting(
        None, title="Model", help="A finished training, or its model folder; empty: the demonstration.", file=RUN
    )
    genes: GenesSettings = group(GenesSettings, title="Genes")
    part: Literal["test", "validation", "train"] = setting(
        "test", title="Part", help="Which part of the set to ask about; the model has learned the training part."
    )
    most_tokens: int | None = setting(
        None,
        title="Longest answer",
        unit="tokens",
        ge=1,
        le=4096,
        advanced=True,
        help="Where an answer is cut off; empty: as long as the longest of the training.",
    )
    batch_size: int | None = setting(
        None,
        title="Batch size",
        unit="questions",
        ge=1,
        le=65_536,
        advanced=True,
        help="How many are asked at once; empty: as many as in the training.",
    )
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class EmbedSettings(Settings):
    """Turn genes into the numbers that a language model is shown, for other programs."""

    data: Path = setting(title="Genes", help="FASTA, GenBank, or a genome.", file=SEQUENCES)
    annotation: Path | None = setting(
        None, title="Annotation", help="GFF3 that says where in the sequences the genes lie.", file=GFF3
    )
    run: Path | None = setting(
        None,
        title="Model",
        help="A finished training, or its model folder, whose DNA encoder reads; empty: the demonstration.",
        file=RUN,
    )
    dna_encoder: Path | None = setting(
        None, title="DNA encoder", help="Folder of a DNABERT-2 model that reads instead.", file=MODEL_FOLDER
    )
    layout: Layout = setting(
        "paper",
        title="Windows",
        help="How genes are cut into windows for this DNA encoder; a trained model has its own way.",
        advanced=True,
        choice_titles=LAYOUT_TITLES,
    )
    duplicates: Duplicates = repeated_ids()
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")

    @model_validator(mode="after")
    def _one_encoder(self) -> Self:
        if self.run is not None and self.dna_encoder is not None:
            raise UserError(
                "Both a model and a DNA encoder are given.", "Keep --run or --dna-encoder, not both.", "--dna-encoder"
            )
        return self


class ImportSettings(Settings):
    """Turn a checkpoint of the published GeneChat program into a model that can be asked."""

    checkpoint: Path = setting(
        title="Checkpoint", help="File that its training wrote; nothing in it is run.", file=CHECKPOINT
    )
    dna_encoder: Path = setting(
        title="DNA encoder", help="Folder of the DNABERT-2 model it was trained with.", file=MODEL_FOLDER
    )
    language: Path = setting(
        title="Language model", help="Folder of the language model it was trained with.", file=MODEL_FOLDER
    )
    lora_alpha: float = setting(
        16.0, title="Alpha", gt=0, advanced=True, help="Weight of its LoRA additions, which the file does not tell."
    )
    out: Path = setting(title="Folder", help="Model folder to write.", file=OUTPUT_FOLDER)


class DemoDataSettings(Settings):
    """Write made-up gene families as a prepared folder, with their sequences and functions beside."""

    difficulty: Literal["demo", "mid", "hard"] = setting(
        "demo", title="Difficulty", help="How much the members of a family differ."
    )
    number_of_genes: int = setting(600, title="Genes", ge=40, le=100_000, help="Genes over all families.")
    families: int = setting(10, title="Families", ge=2, le=10, help="Families of genes, each with a function.")
    out: Path = setting(title="Folder", help="Folder to write.", file=OUTPUT_FOLDER)
    seed: int = setting(0, title="Random seed", ge=0, le=2**32 - 1, help="Another seed makes other genes.")
