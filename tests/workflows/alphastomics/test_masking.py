"""Hidden values: exact share, every pattern, few genes, padding."""

import pytest
import torch

from genodesk.workflows.alphastomics.masking import Masks, MaskTokens, draw_masks, progressive_ratio


def _slice(cells: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    position = torch.randn(2, cells, 3, generator=torch.Generator().manual_seed(0))
    padding = torch.ones(2, cells, dtype=torch.bool)
    padding[1, 25:] = False
    return position, padding


def _masks(pattern: str, genes: int = 5, ratio: float = 0.15, **more) -> Masks:
    position, padding = _slice()
    return draw_masks(
        position, padding, genes, pattern=pattern, expression_ratio=ratio, position_ratio=ratio,
        generator=torch.Generator().manual_seed(3), **more,
    )  # fmt: skip


@pytest.mark.parametrize("pattern", ["random", "block", "structured"])
@pytest.mark.parametrize("genes", [1, 5, 33])
@pytest.mark.parametrize("ratio", [0.0, 0.15, 0.5, 0.99])
def test_the_share_of_hidden_values_is_exact_and_padding_is_never_hidden(pattern, genes, ratio):
    masks = _masks(pattern, genes, ratio)
    assert masks.expression.flatten(1).sum(1).tolist() == [round(ratio * 40 * genes), round(ratio * 25 * genes)]
    assert masks.position.flatten(1).sum(1).tolist() == [round(ratio * 120), round(ratio * 75)]
    assert not masks.expression[1, 25:].any()
    assert not masks.position[1, 25:].any()


def test_the_same_seed_hides_the_same_values():
    assert torch.equal(_masks("block").expression, _masks("block").expression)


def test_structured_hides_whole_genes_and_whole_axes():
    masks = _masks("structured", genes=10, ratio=0.4)
    assert sorted(masks.expression[0].sum(0).tolist()) == [0] * 6 + [40] * 4
    assert sorted(masks.position[0].sum(0).tolist()) == [0, 8, 40]


def test_a_block_is_a_compact_patch_of_cells():
    position, _ = _slice()
    masks = _masks("block", ratio=0.2)
    cells = masks.expression[0].all(dim=1)
    assert cells.sum() == 8
    inside = torch.cdist(position[0, cells], position[0, cells]).mean()
    assert inside < 0.75 * torch.cdist(position[0], position[0]).mean()


def test_an_axis_the_tissue_lacks_is_not_hidden():
    axes = torch.tensor([[True, True, False]]).expand(2, 3)
    masks = _masks("random", ratio=0.5, axes=axes)
    assert not masks.position[..., 2].any()
    assert masks.position[0].sum() == 40


def test_tokens_stand_where_values_are_hidden_and_nowhere_else():
    tokens = MaskTokens(5)
    torch.nn.init.constant_(tokens.expression, 9.0)
    position, _ = _slice()
    expression = torch.randn(2, 40, 5)
    masks = _masks("random")
    shown, placed = tokens(expression, position, masks)
    assert (shown[masks.expression] == 9).all()
    assert torch.equal(shown[~masks.expression], expression[~masks.expression])
    assert torch.equal(placed[~masks.position], position[~masks.position])


def test_the_progressive_share_grows_from_nothing_to_all_at_half_way():
    assert [progressive_ratio(0.4, p) for p in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.2, 0.4, 0.4]
