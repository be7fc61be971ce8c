"""The networks: plain GET over regions, the same with masked regions for pretraining, and GET that knows conditions.

Knows tensors and sizes only; how they are trained and from what data is the business of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.workflows.get_yeast.blocks import EPS, Block
from genodesk.workflows.get_yeast.film import ConditionEmbedding, Conditions, Film, design
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.skip import BilinearSkip

INITIAL_SPREAD = 0.02


@dataclass(frozen=True)
class GetSizes:
    """Sizes of the network over regions."""

    inputs: int
    width: int
    layers: int
    heads: int
    hidden: int
    outputs: int
    drop_path: float = 0.0


@dataclass(frozen=True)
class YeastSizes:
    """Sizes of the network that knows conditions: `classes` of each category, motifs and place columns of a region."""

    region: GetSizes
    motifs: int
    place: int
    classes: tuple[int, ...]
    condition_width: int
    bilinear_rank: int


class RegionEmbed(nn.Module):
    """The first layer: numbers of a region to a vector."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(inputs, width)

    def forward(self, x: Tensor) -> Tensor:
        """[..., inputs] -> [..., width]."""
        return self.proj(x)

    def separately(self, regions: RegionTensors) -> Tensor:
        """[1 or S, ..., width]: the same for motifs, accessibility, place without repeating motifs for every sample."""
        weight, motifs = self.proj.weight, regions.motifs.shape[-1]
        still = F.linear(regions.motifs, weight[:, :motifs], self.proj.bias)
        if regions.place.shape[-1]:
            still = still + F.linear(regions.place, weight[:, motifs + 1 :])
        return still + regions.accessibility.unsqueeze(-1) * weight[:, motifs]


class RegionModel(nn.Module):
    """Plain GET: the regions of a window see each other; every region gets outputs."""

    def __init__(self, sizes: GetSizes) -> None:
        super().__init__()
        self.region_embed = RegionEmbed(sizes.inputs, sizes.width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, sizes.width))
        rates = [sizes.drop_path * layer / max(1, sizes.layers - 1) for layer in range(sizes.layers)]
        self.blocks = nn.ModuleList(Block(sizes.width, sizes.heads, sizes.hidden, rate) for rate in rates)
        self.norm = nn.LayerNorm(sizes.width, eps=EPS)
        self.head = nn.Linear(sizes.width, sizes.outputs)
        self.apply(_initialise)
        nn.init.trunc_normal_(self.cls_token, std=INITIAL_SPREAD)

    def forward(self, regions: Tensor, real: Tensor | None = None) -> Tensor:
        """Expression [windows, regions, outputs] from [windows, regions, inputs]; `real` is False for padding."""
        return F.softplus(self.head(self.encode(self.region_embed(regions), real)))

    def encode(
        self, x: Tensor, real: Tensor | None = None, films: Sequence[tuple[Tensor, Tensor] | None] = ()
    ) -> Tensor:
        """Embedded regions [batch, regions, width] after all blocks. `films`: scale and shift for every block."""
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)
        if real is not None:
            real = F.pad(real, (1, 0), value=True)
        for place, block in enumerate(self.blocks):
            x = block(x, real, films[place] if films else None)
        return self.norm(x[:, 1:])


class MaskedRegionModel(nn.Module):
    """GET as it is pretrained: hidden regions become a learned vector, and their inputs are to be told."""

    def __init__(self, sizes: GetSizes) -> None:
        super().__init__()
        self.encoder = RegionModel(sizes)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, sizes.width))
        nn.init.trunc_normal_(self.mask_token, std=INITIAL_SPREAD)

    def forward(self, regions: Tensor, hidden: Tensor, real: Tensor | None = None) -> Tensor:
        """Inputs [windows, regions, inputs] as the network believes them to be; `hidden` [windows, regions] is True
        where it may not look."""
        x = self.encoder.region_embed(regions)
        x = torch.where(hidden.unsqueeze(-1), self.mask_token, x)
        return self.encoder.head(self.encoder.encode(x, real))


class YeastNetwork(nn.Module):
    """GET with conditions: they scale and shift the embedded regions and every block, and switch motifs on and off.

    The prediction is softplus(linear model + share x (GET + bilinear skip)). The linear model (motif x condition) is
    fitted beforehand and stays fixed; with it at zero, untrained FiLM and an untrained skip, this is plain GET.
    """

    share: Tensor

    def __init__(self, sizes: YeastSizes) -> None:
        super().__init__()
        width = sizes.region.width
        self.sizes = sizes
        self.region = RegionModel(sizes.region)
        self.condition = ConditionEmbedding(sizes.classes, sizes.condition_width)
        self.films = nn.ModuleList(Film(sizes.condition_width, width) for _ in range(sizes.region.layers + 1))
        self.skip = BilinearSkip(sizes.motifs, sizes.place, sizes.classes, sizes.condition_width, sizes.bilinear_rank)
        self.register_buffer("share", torch.ones(()))

    def forward(self, regions: RegionTensors, conditions: Conditions, real: Tensor | None = None) -> Tensor:
        """Expression [S, windows, regions] of windows [windows, regions, ...] under S conditions; `real` as above.

        A window is embedded once, however many conditions there are.
        """
        linear, learned = self.parts(regions, conditions, real)
        return F.softplus(linear + self.share * learned)

    def parts(
        self, regions: RegionTensors, conditions: Conditions, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What the linear model says and what the network adds, both [S, windows, regions], before softplus."""
        condition = self.condition(conditions)
        samples, (windows, members) = len(conditions), regions.motifs.shape[:2]
        scale, shift = self.films[0](condition)
        x = self.region.region_embed.separately(regions)
        x = torch.addcmul(shift[:, None, None], x, 1 + scale[:, None, None]).flatten(0, 1)
        films = []
        for film in self.films[1:]:
            scale, shift = film(condition)
            each = (part.repeat_interleave(windows, dim=0).unsqueeze(1) for part in (scale, shift))
            films.append(tuple(each))
        real = None if real is None else real.repeat(samples, 1)
        told = self.region.head(self.region.encode(x, real, films)).view(samples, windows, members)
        linear, switched = self.skip(regions, design(conditions, self.sizes.classes), condition)
        return linear, told + switched


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """(all, trainable) parameters."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, _ in sizes), sum(n for n, trainable in sizes if trainable)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=INITIAL_SPREAD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
