"""Small DNA encoders and genes for the tests of this workflow."""

import numpy as np
import torch
from dna_folders import SMALL, dna_tokenizer, published_tensors

from genodesk.engine.nn.dnabert2_config import Dnabert2Config
from genodesk.engine.nn.dnabert2_folder import LoadedDnabert2, fill_dnabert2
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.windows import Layout


def tiny_encoder(layout: Layout = "paper", pooling: Layout = "paper", seed: int = 0, **sizes: int) -> DnaEncoder:
    """An encoder of random weights, of the sizes `SMALL` where no others are given."""
    sizes = {**SMALL, "num_attention_heads": 3, **sizes}
    config = Dnabert2Config(**sizes)
    network, ignored = fill_dnabert2(config, published_tensors(sizes, seed), "test")
    return DnaEncoder(LoadedDnabert2(network, dna_tokenizer(), config, ignored), layout, pooling)


def gene(length: int, seed: int = 0) -> str:
    """Random bases."""
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


class Asked:
    """Counts the windows that went through an encoder's network."""

    def __init__(self, encoder: DnaEncoder) -> None:
        self.windows = 0
        encoder.loaded.network.register_forward_pre_hook(self._count)

    def _count(self, _module: torch.nn.Module, inputs: tuple) -> None:
        self.windows += len(inputs[0])
