"""A file of sequences in plain words, from the answer of `inspect`."""

from typing import Any

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

_FORMATS = {"fasta": "FASTA", "genbank": "GenBank"}


def sequences_sentence(found: dict[str, Any]) -> str:
    """What the file is, for somebody who has never seen one."""
    n, bases = found["records"], f"{found['bases']:,}"
    if n == 1:
        told = translate("SequenceWords", "One DNA sequence of {bases} bases.").format(bases=bases)
    else:
        told = translate("SequenceWords", "{n} DNA sequences with {bases} bases in all.").format(
            n=f"{n:,}", bases=bases
        )
    kinds = found.get("features", {})
    if kinds:
        annotated = translate("SequenceWords", "{n} features say what lies where.")
        told = f"{told} {annotated.format(n=f'{sum(kinds.values()):,}')}"
    read = translate("SequenceWords", "The bases stand under Sequences, and GeneChat can be asked about them.")
    return f"{told} {read}"


def sequences_facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value): number, lengths, composition."""
    packed = translate("SequenceWords", "{name}, packed ({packing})")
    name = _FORMATS[found["kind"]]
    told = [
        (
            translate("SequenceWords", "Format"),
            packed.format(name=name, packing=found["packing"]) if found["packing"] else name,
        ),
        (translate("SequenceWords", "Sequences"), f"{found['records']:,}"),
        (translate("SequenceWords", "Bases"), f"{found['bases']:,}"),
    ]
    if found["records"] > 1:
        told += [
            (translate("SequenceWords", "Longest"), f"{found['longest']:,}"),
            (translate("SequenceWords", "Shortest"), f"{found['shortest']:,}"),
            (translate("SequenceWords", "N50"), f"{found['n50']:,}"),
        ]
    gc = translate("SequenceWords", "none known") if found["gc"] is None else f"{found['gc'] * 100:.1f} %"
    return [
        *told,
        (translate("SequenceWords", "GC"), gc),
        (translate("SequenceWords", "Not known (N)"), _of_all(found["n"], found["bases"])),
        (translate("SequenceWords", "Soft-masked"), _of_all(found["soft_masked"], found["bases"])),
    ]


def sequences_good_news(found: dict[str, Any]) -> list[str]:
    """What is in order."""
    told = [translate("SequenceWords", "Every letter was looked at: all of it is DNA.")]
    if not found["n"]:
        told.append(translate("SequenceWords", "Every base is known."))
    if not found["warnings"]:
        told.append(translate("SequenceWords", "It is read as it stands; nothing is changed or left out."))
    return told


def sequences_overviews(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Short tables: features by kind, and the first sequences."""
    told = []
    if found.get("features"):
        told.append(
            {
                "title": translate("SequenceWords", "Features"),
                "columns": [translate("SequenceWords", "Number"), translate("SequenceWords", "Kind")],
                "rows": [[f"{number:,}", kind] for kind, number in found["features"].items()],
            }
        )
    shown = found["first_records"]
    rest = found["records"] > len(shown)
    columns = (
        translate("SequenceWords", "Name"),
        translate("SequenceWords", "Length"),
        translate("SequenceWords", "GC"),
        translate("SequenceWords", "N"),
        translate("SequenceWords", "Description"),
    )
    told.append(
        {
            "title": translate("SequenceWords", "The first sequences")
            if rest
            else translate("SequenceWords", "Sequences"),
            "columns": list(columns),
            "rows": [
                [
                    record["id"],
                    f"{record['length']:,}",
                    "–" if record["gc"] is None else f"{record['gc'] * 100:.1f} %",
                    f"{record['n']:,}",
                    record["description"],
                ]
                for record in shown
            ],
        }
    )
    return told


def _of_all(n: int, bases: int) -> str:
    return f"{n:,} ({n / bases * 100:.2g} %)" if n else "0"
