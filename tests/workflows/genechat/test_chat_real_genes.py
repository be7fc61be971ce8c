"""Measured genes of yeast through preparing, a short training and a judgement, which claims nothing it may not."""

import csv

from chat_runs import measured, open_run, settings_from

from genodesk.engine.data.fasta import read_fasta
from genodesk.workflows.genechat.controls import FEWEST_GENES
from genodesk.workflows.genechat.evaluate import evaluate
from genodesk.workflows.genechat.prepare import prepare
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.settings_actions import EvaluateSettings, PrepareSettings
from genodesk.workflows.genechat.train import train
from genodesk.workflows.genechat.trained import load_trained

FEW = 80  # of 296: short genes of which little is said, so that it takes seconds


def test_a_model_trained_shortly_on_real_genes_is_not_said_to_read_them(tmp_path):
    functions = measured("genes/yeast_functions.csv")
    with functions.open(encoding="utf-8", newline="") as file:
        said = {row["id"]: row["function"] for row in csv.DictReader(file)}
    known = [record for record in read_fasta(measured("genes/yeast_genes.fasta")) if record.id in said]
    few = sorted(known, key=lambda record: len(record.sequence) + 10 * len(said[record.id]))[:FEW]
    (tmp_path / "genes.fasta").write_text("".join(f">{record.id}\n{record.sequence}\n" for record in few))
    settings = settings_from(
        PrepareSettings,
        data=tmp_path / "genes.fasta",
        functions=functions,
        out=tmp_path / "set",
    )
    report = prepare(settings, open_run(tmp_path / "prepared", "prepare", settings)[0])
    assert FEW - 5 < report["genes"] <= FEW  # of a few is said that nothing is known
    settings = settings_from(
        TrainSettings, data=tmp_path / "set", max_steps=20, encoder_steps=2, warmup_steps=0, batch_size=4, device="cpu"
    )
    made = train(settings, open_run(tmp_path / "run", "train", settings)[0])
    judging = settings_from(EvaluateSettings, run=tmp_path / "run", most_tokens=8, device="cpu")
    judged = evaluate(judging, open_run(tmp_path / "judged", "evaluate", judging)[0])
    for document in (made, judged, load_trained(tmp_path / "run").document):
        assert not document.get("reads_the_gene")
        assert any(said.startswith("That the model reads the gene is not shown") for said in document["warnings"])
    assert judged["genes"] >= FEWEST_GENES  # more would not be claimed of fewer whatever the model
    assert judged["metrics"]["answer_loss"] > 1
    assert not load_trained(tmp_path / "run").demonstration
    with (tmp_path / "judged" / "tables" / "answers.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == judged["genes"]
