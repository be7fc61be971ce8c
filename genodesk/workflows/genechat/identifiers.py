"""Names of genes, proteins and database entries in a text, and which of them no source knows.

A language model invents identifiers readily; one that stands in no source beside the answer is worth a doubt.
"""

import re
from collections.abc import Iterable

_PATTERNS = (
    r"Y[A-P][LR]\d{3}[WC](?:-[A-Z])?",  # systematic names of yeast
    r"(?:GO|CHEBI|HP|MONDO|UBERON|ECO|SO):\d{4,7}",  # ontologies
    r"EC[: ]?\d+\.\d+\.\d+\.(?:\d+|-)",  # enzymes
    r"(?:PF|IPR|PTHR|SSF|SM|TIGR|cd|COG|K)\d{4,6}",  # families and orthologous groups
    r"ENS[A-Z]{0,4}[GTPE]\d{11}(?:\.\d+)?",  # Ensembl
    r"(?:[NX][CGMPRTW]|[AY]P)_\d{5,9}(?:\.\d+)?",  # RefSeq
    r"[OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z0-9]{2}\d){1,2}",  # UniProt
    r"[A-Z][A-Za-z]{2}\d{1,3}p",  # proteins of yeast
    r"[A-Z]{2,5}\d{1,4}[A-Z]?",  # symbols of genes
)
_IDENTIFIER = re.compile(rf"(?<![\w.-])(?:{'|'.join(_PATTERNS)})(?![\w-])")
_ORDINARY = frozenset(("DNA", "RNA", "ATP", "GTP", "H2O", "CO2", "O2", "NH3", "PM25", "COVID19"))


def identifiers(text: str) -> list[str]:
    """The identifiers in a text, each once, in order."""
    return [name for name in dict.fromkeys(_IDENTIFIER.findall(text)) if name not in _ORDINARY]


def invented(answer: str, sources: Iterable[str]) -> list[str]:
    """The identifiers of an answer that no source contains; a protein (Abc1p) is known where its gene (ABC1) is."""
    known = " ".join(sources).upper()
    words = set(re.findall(r"[\w.:-]+", known)) | set(re.findall(r"[A-Z0-9_]+", known))
    return [name for name in identifiers(answer) if not _known(name.upper(), words)]


def _known(name: str, words: set[str]) -> bool:
    return name in words or (name.endswith("P") and name[:-1] in words) or f"{name}P" in words
