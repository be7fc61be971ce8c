"""What the columns of a table of regions are, by their names: region, place, openness, target, condition or motif."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.workflows.get_yeast.headers import SAMPLE, read_header, read_one_hot

_NAMES = {
    "region": ("region_id", "region", "peak_id", "peak", "gene_id", "gene", "gene_name", "id", "区域", "基因"),
    "chrom": ("chrom", "chr", "chromosome", "seqnames", "染色体"),
    "start": ("start", "chrom_start", "起始"),
    "end": ("end", "chrom_end", "stop", "终止"),
    "accessibility": ("accessibility", "atac", "atac_signal", "openness", "可及性", "开放性"),
    "target": ("target", "expression", "label", "tpm", "log_tpm", "rna", "expression_level", "表达量", "表达"),
}


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table by what they are; an empty name or tuple where there is none."""

    region: str
    chrom: str
    start: str
    end: str
    accessibility: str
    target: str
    sample: str
    conditions: tuple[str, ...]  # words and numbers, one column a field
    one_hots: tuple[str, ...]  # 0/1 columns, one a class
    motifs: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that must hold numbers."""
        return (*(name for name in (self.accessibility, self.target) if name), *self.one_hots, *self.motifs)

    @property
    def placed(self) -> bool:
        """Whether chromosome, start and end are all there."""
        return bool(self.chrom and self.start and self.end)


def find_columns(names: Sequence[str], wanted_target: str | None, where: str) -> Columns:
    """Every column of a table. Raises UserError when nothing names the regions or no column can be a motif."""
    by_key = {_key(name): name for name in reversed(names)}
    found = {
        role: next((by_key[_key(alias)] for alias in aliases if _key(alias) in by_key), "")
        for role, aliases in _NAMES.items()
    }
    if wanted_target is not None:
        if wanted_target not in names:
            hint = did_you_mean(wanted_target, names, "Name a column of the table with --target-column.")
            raise UserError(f"There is no column {wanted_target!r}.", hint, where)
        found["target"] = wanted_target
    if not found["region"] and not (found["chrom"] and found["start"] and found["end"]):
        raise UserError(
            f"No column names the regions; the table begins with {', '.join(names[:4])}.",
            "Add a column region with ids such as chrI_1200_1850, or the columns chrom, start and end.",
            where,
        )
    rest = [name for name in names if name not in found.values() and not name.startswith("Unnamed:")]
    sample, conditions, one_hots, motifs = "", [], [], []
    for name in rest:
        header = read_header(name)
        if header is not None and header.field == SAMPLE:
            sample = sample or name
        elif header is not None:
            conditions.append(name)
        elif read_one_hot(name) is not None:
            one_hots.append(name)
        else:
            motifs.append(name)
    if not motifs:
        raise UserError(
            "The table has no motif columns.",
            "Give one column of scores for each motif, or sequences (FASTA) with a motif file.",
            where,
        )
    return Columns(**found, sample=sample, conditions=tuple(conditions), one_hots=tuple(one_hots), motifs=tuple(motifs))


def _key(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "", name.casefold())
