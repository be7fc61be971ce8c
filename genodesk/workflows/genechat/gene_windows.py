"""The windows of the genes that a training or a judgement asks about, encoded once."""

from collections.abc import Sequence

from torch import Tensor

from genodesk.engine.live_run import Run
from genodesk.workflows.genechat.cache import EmbeddingCache, kept_embeddings
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.pairs import Pair


def gene_windows(run: Run, encoder: DnaEncoder, pairs: Sequence[Pair], *, keep: bool = True) -> dict[str, Tensor]:
    """Windows [W, d] by sequence; `keep` those of an encoder that will be met again on this computer."""
    sequences = list(dict.fromkeys(pair.sequence for pair in pairs))
    cache = kept_embeddings() if keep else EmbeddingCache()
    windows, computed = cache.get_or_encode(
        encoder,
        sequences,
        should_stop=run.should_stop,
        progress=lambda done, total: run.progress(done, total, unit="windows", text="Encoding genes"),
    )
    if cache.problem:
        run.warning(cache.problem, "Free some space; the work goes on.")
    run.log(f"{sum(map(len, windows)):,} windows of {len(sequences):,} genes; {computed:,} were encoded now.")
    return dict(zip(sequences, windows, strict=True))
