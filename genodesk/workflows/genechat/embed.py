"""The action `embed`: what the DNA encoder makes of genes and their windows, as files for other programs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.engine.nn.dnabert2_folder import load_dnabert2
from genodesk.workflows.genechat.cache import kept_embeddings
from genodesk.workflows.genechat.check_embed import check_size
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.genes import Gene, find_genes
from genodesk.workflows.genechat.settings_actions import EmbedSettings
from genodesk.workflows.genechat.trained import load_encoder
from genodesk.workflows.genechat.windows import has_bases, prepared, windows

ARRAYS = "embeddings.npz"


def embed(settings: EmbedSettings, run: Run) -> dict[str, Any]:
    """Writes embeddings.npz and tables/{genes, windows, gene_embeddings}.csv.

    The arrays: `ids` [genes], `genes` [genes, width] (the mean over a gene's windows), `windows` [all windows, width]
    and `first` [genes + 1], so that the windows of gene i are windows[first[i]:first[i + 1]].
    """
    found = find_genes(settings.data, settings.annotation, duplicates=settings.duplicates, between=run.raise_if_stopped)
    for notice in found.notices:
        run.warning(notice)
    device = run.device.torch_name
    if settings.dna_encoder is not None:
        encoder = DnaEncoder(load_dnabert2(settings.dna_encoder, device), settings.layout, settings.layout)
    else:
        encoder = load_encoder(settings.run, device)
    lengths = [gene.length for gene in found.genes]
    check_size(sum(lengths), max(lengths, default=0), encoder.width, settings.data)
    genes = [gene for gene in found.genes if has_bases(gene.sequence)]
    if not genes:
        raise UserError("No sequence of this file holds a base A, C, G or T.", "Choose another.", str(settings.data))
    if len(genes) < len(found.genes):
        run.warning(f"{len(found.genes) - len(genes)} sequences without a base A, C, G or T are left out.")
    cache = kept_embeddings()
    embeddings, computed = cache.get_or_encode(
        encoder,
        [gene.sequence for gene in genes],
        should_stop=run.should_stop,
        progress=lambda done, total: run.progress(done, total, unit="window" if total == 1 else "windows"),
    )
    if cache.problem:
        run.warning(cache.problem)
    means = np.stack([embedding.mean(dim=0).numpy() for embedding in embeddings])
    first = np.cumsum([0, *map(len, embeddings)])
    part = run.folder.path / f".{ARRAYS}"
    np.savez_compressed(
        part,
        ids=np.array([gene.id for gene in genes]),
        genes=means,
        windows=np.concatenate([embedding.numpy() for embedding in embeddings]),
        first=first,
    )
    part.replace(run.folder.path / ARRAYS)
    run.artifact(ARRAYS, "embedding")
    _tables(run, encoder, genes, means)
    return {
        "genes": len(genes),
        "windows": int(first[-1]),
        "encoded": computed,
        "width": encoder.width,
        "layout": encoder.layout,
        "encoder": encoder.fingerprint,
        "files": [ARRAYS, "tables/genes.csv", "tables/windows.csv", "tables/gene_embeddings.csv"],
    }


def _tables(run: Run, encoder: DnaEncoder, genes: Sequence[Gene], means: np.ndarray) -> None:
    """What every row of the arrays is, and the genes' means for programs that read no arrays."""
    ready = [prepared(gene.sequence) for gene in genes]
    spans = [windows(sequence, encoder.layout) for sequence in ready]
    ids = [gene.id for gene in genes]
    run.table(
        "genes",
        {
            "gene": ids,
            "name": [gene.name for gene in genes],
            "length": [len(gene.sequence) for gene in genes],
            "windows": [len(own) for own in spans],
            "masked_share": [round(sequence.masked_share, 4) for sequence in ready],
        },
    )
    rows = [(name, *span) for name, own in zip(ids, spans, strict=True) for span in own]
    run.table("windows", dict(zip(("gene", "start", "end"), map(list, zip(*rows, strict=True)), strict=True)))
    numbers = {f"e{number}": column.tolist() for number, column in enumerate(means.T.astype(np.float64), 1)}
    run.table("gene_embeddings", {"gene": ids, **numbers})
