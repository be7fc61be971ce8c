"""What the line above a sequence in a FASTA file says of its gene: a name, and words about its function.

Reads the ways of SGD, NCBI and Ensembl, and our own `gene=... organism=...`.
"""

import re

_NAMES = ("gene", "gene_symbol", "gene_name", "name", "symbol")
_WORDS = ("description", "function", "product", "protein", "note")
_IN_BRACKETS = re.compile(r"\[(\w+)=([^\]]*)\]")
_PLAIN = re.compile(r"(?<![\w\[])([A-Za-z_]\w*)([=:])(?=\S)")
_QUOTED = re.compile(r'"([^"]+)"')


def read_header(name: str, description: str) -> tuple[str, str]:
    """(the gene's name, else its id; what is said of its function, "" where nothing is)."""
    fields, rest = header_fields(description)
    gene = next((fields[key] for key in _NAMES if fields.get(key)), "")
    told = next((fields[key] for key in _WORDS if fields.get(key)), "")
    if "SGDID:" in description:
        gene = gene or description.split(maxsplit=1)[0].rstrip(",")
        quoted = _QUOTED.findall(description)
        return gene, told or (quoted[-1] if quoted else "")
    return gene or name, told or rest


def header_fields(description: str) -> tuple[dict[str, str], str]:
    """({key: value} of `[key=value]`, `key=value with words` and `key:value`, the text before the first of them)."""
    bracketed = dict(_IN_BRACKETS.findall(description))
    if bracketed:
        return {key.casefold(): value.strip() for key, value in bracketed.items()}, _IN_BRACKETS.split(description)[
            0
        ].strip()
    marks = list(_PLAIN.finditer(description))
    if not marks:
        return {}, description.strip()
    ends = [mark.start() for mark in marks[1:]] + [len(description)]
    fields = {mark[1].casefold(): description[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)}
    return fields, description[: marks[0].start()].strip()
