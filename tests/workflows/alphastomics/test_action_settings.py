"""Every preset makes the network it is named for."""

import pytest

from genodesk.core.layers import Layer, build
from genodesk.core.workflow import get_workflow
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.trained import network_sizes, noise_schedule

WORKFLOW = get_workflow("alphastomics")


@pytest.mark.parametrize("preset", WORKFLOW.action("train").preset_names)
def test_every_preset_makes_a_network(preset):
    settings = build(TrainSettings, Layer(WORKFLOW.action("train").preset(preset), f"preset {preset}"))
    sizes = network_sizes(settings.model, settings.masking, 30)
    network = build_network(settings.model.network, sizes)
    assert sum(weight.numel() for weight in network.parameters()) > 10_000
    assert noise_schedule(settings.diffusion).timesteps == settings.diffusion.timesteps


def test_the_published_preset_is_the_published_network():
    settings = build(TrainSettings, Layer(WORKFLOW.action("train").preset("published"), "preset published"))
    network = build_network("published", network_sizes(settings.model, settings.masking, 100))
    assert sum(weight.numel() for weight in network.parameters()) == 707_508
