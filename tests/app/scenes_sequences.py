"""The window with sequences: a chromosome, many genes with a selection, and an annotated plasmid, as far as at hand."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenes import Look, Stage

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
MEASURED = bool(os.environ.get("GENODESK_SCREENSHOTS")) and SHARED.exists()
_GENBANK = """LOCUS       PLAS                     120 bp    DNA     circular BCT 01-JAN-2020
DEFINITION  A small plasmid.
VERSION     PLAS.1
FEATURES             Location/Qualifiers
     source          1..120
     CDS             7..36
                     /gene="rop"
                     /product="a regulator"
     gene            complement(61..120)
                     /gene="pst"
ORIGIN
        1 tgtaacatgg cttggaaacg tgaatctggt atctaaccac cccaacgcct gaaataagat
       61 tgtaacgaac ggtgcaatag tgatccacac ccaacgcctg aaatcagatc caggggtcaa
//
"""


async def sequences(stage: "Stage", look: "Look") -> None:
    page = stage.window.show_page("data")
    for name, path in files(stage.place).items():
        page.take(path=str(path))
        await stage.until(lambda path=path: page.path == path and page.file is not None, seconds=30)
        await stage.settled()
        await look(f"sequences-{name}-summary")
        tab = page.file.show_tab("sequences")
        await stage.until(lambda tab=tab: tab.ready, seconds=30)
        await stage.settled()
        await look(f"sequences-{name}")
        if name == "plasmid":
            tab.features.choose(1)
        else:
            tab.go_to("5-64")
        await stage.settled()
        await look(f"sequences-{name}-selected")
    tab.go_to("here")
    tab.features.search.setText("a feature that nobody has")
    await stage.until(lambda: tab.features.told.text().startswith("0 of"))
    await stage.settled()
    await look("sequences-nothing-found")
    protein = stage.place / "protein.fasta"
    protein.write_text(">p53\nMEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGP\n")
    page.take(path=str(protein))
    await stage.until(lambda: page.content.error is not None)
    await stage.settled()
    await look("sequences-protein-refused")


def files(place: Path) -> dict[str, Path]:
    """A chromosome, genes and a plasmid."""
    if not MEASURED:
        return made_up(place)
    return {
        "chromosome": SHARED / "genome" / "S288C_chrI.fa",
        "genes": SHARED / "genes" / "yeast_genes.fasta",
        "plasmid": SHARED / "genes" / "NC_005816.gb",
    }


def made_up(place: Path) -> dict[str, Path]:
    """Genes and a plasmid."""
    made = {name: place / file for name, file in (("genes", "genes.fasta"), ("plasmid", "plasmid.gb"))}
    made["genes"].write_text(
        "".join(f">gene{i} protein {i}\n{'ACGTTGCANNacgtacgtGGATCC' * (i + 5)}\n" for i in range(60))
    )
    made["plasmid"].write_text(_GENBANK)
    return made
