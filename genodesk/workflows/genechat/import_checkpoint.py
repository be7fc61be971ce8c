"""The action `import-checkpoint`: a checkpoint of the published GeneChat program as a model folder of ours."""

from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.live_run import CallRun
from genodesk.engine.nn.dnabert2_config import read_config
from genodesk.engine.nn.dnabert2_folder import LoadedDnabert2, fill_dnabert2, load_dnabert2, read_tokenizer
from genodesk.engine.weights import load_tensors
from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.language import language_on_meta
from genodesk.workflows.genechat.lora import add_lora
from genodesk.workflows.genechat.model import GeneChatModel
from genodesk.workflows.genechat.settings import LoraSettings
from genodesk.workflows.genechat.settings_actions import ImportSettings
from genodesk.workflows.genechat.state_dict import Upstream, fill, read_upstream
from genodesk.workflows.genechat.trained import Origin, Trained, save_trained


def import_checkpoint(settings: ImportSettings, run: CallRun) -> dict[str, Any]:
    """Writes a model folder and tells what of each part came from the checkpoint, and what in it was ignored."""
    where = str(settings.checkpoint)
    upstream = read_upstream(load_tensors(settings.checkpoint), where)
    run.log(f"A checkpoint in the {upstream.layout} layout, with {len(upstream.lora):,} LoRA tensors.")
    if not upstream.lora:
        raise UserError(
            "This checkpoint holds no LoRA additions.", "Choose the file that the training of GeneChat wrote.", where
        )
    encoder = DnaEncoder(_encoder(settings, upstream), upstream.layout, upstream.layout)
    rules = LoraSettings(
        lora_rank=upstream.lora_rank, lora_alpha=settings.lora_alpha, lora_targets=upstream.lora_targets
    )
    network = add_lora(language_on_meta(settings.language), rules)  # of the model itself, names and sizes are enough
    for name, module in network.named_modules():
        if ".lora_" in name and not list(module.children()):
            module.to_empty(device="cpu")
    adapter = GeneAdapter(encoder.width, network.get_input_embeddings().weight.shape[1], upstream.layout)
    filled = fill(adapter, network, upstream)
    trained = Trained(encoder, GeneChatModel(adapter, network).eval(), None, "plain", {})
    own_encoder = None if upstream.encoder else settings.dna_encoder
    about = {
        "name": f"GeneChat with {settings.language.name}",
        "demonstration": False,
        "questions": [],
        "imported_from": settings.checkpoint.name,
    }
    save_trained(settings.out, trained, Origin(own_encoder, settings.language, "lora"), about)
    return {
        "model": str(settings.out),
        "layout": upstream.layout,
        "encoder": "checkpoint" if upstream.encoder else str(settings.dna_encoder),
        "coverage": filled.as_dict(),
        "ignored": list(upstream.ignored),
    }


def _encoder(settings: ImportSettings, upstream: Upstream) -> LoadedDnabert2:
    """The encoder of the checkpoint where it has one, else that of the folder; the folder gives sizes and tokenizer."""
    if not upstream.encoder:
        return load_dnabert2(settings.dna_encoder)
    config = read_config(settings.dna_encoder)
    network, ignored = fill_dnabert2(config, upstream.encoder, str(settings.checkpoint))
    return LoadedDnabert2(network, read_tokenizer(settings.dna_encoder, config), config, ignored)
