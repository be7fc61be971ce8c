"""GenBank records with their features, as they are downloaded; annotation in GFF3."""

import gzip
import io
import warnings
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, FeatureLocation, SeqFeature
from Bio.SeqRecord import SeqRecord

from genodesk.core.errors import UserError
from genodesk.engine.data import limits
from genodesk.engine.data.genbank import read_genbank
from genodesk.engine.data.gff import read_gff
from genodesk.engine.data.sequence_record import SequenceNotices
from genodesk.engine.data.sequences import open_sequences

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def genbank(bases: str = "ACGTACGTAAGGCCTTNNRACGTACGT", molecule: str = "DNA", name: str = "X1.1") -> str:
    joined = CompoundLocation([FeatureLocation(15, 20, -1), FeatureLocation(2, 6, -1)])
    record = SeqRecord(
        Seq(bases),
        id=name,
        name=name.partition(".")[0],
        description="a small plasmid",
        annotations={"molecule_type": molecule},
        features=[
            SeqFeature(FeatureLocation(0, 9, 1), type="gene", qualifiers={"gene": ["abcA"], "note": ["a", "b"]}),
            SeqFeature(joined, type="CDS", qualifiers={"product": ["kinase <b>x</b>"]}),
        ],
    )
    out = io.StringIO()
    SeqIO.write(record, out, "genbank")
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "质粒 1.gb"


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())], ids=["plain", "gzip"])
def test_a_record_comes_with_its_features_and_joined_parts(file, pack):
    file.write_bytes(pack(genbank()))
    notices = SequenceNotices()
    (record,) = read_genbank(file, notices=notices)
    assert (record.id, record.description) == ("X1.1", "a small plasmid")
    assert record.sequence == "ACGTACGTAAGGCCTTNNNACGTACGT"
    assert notices.sentences() == ["1 ambiguous letters (IUPAC) are read as N, in 1 sequence (X1.1)."]
    assert len(record.soft_masked) == 0, "the format writes all bases in lower case"
    gene, cds = record.features
    assert (gene.kind, gene.start, gene.end, gene.strand, gene.name) == ("gene", 0, 9, "+", "abcA")
    assert gene.qualifiers["note"] == ("a", "b")
    assert (gene.gene, gene.name) == ("abcA", "abcA")
    assert (cds.start, cds.end, cds.strand) == (2, 20, "-")
    assert cds.parts == ((15, 20, "-"), (2, 6, "-"))
    assert cds.name == "kinase <b>x</b>", "text of an annotation is kept as text"


def test_a_genbank_file_is_opened_like_any_other(file):
    file.write_text(genbank() + genbank(name="X2.1"))
    found = open_sequences(file)
    assert (found.kind, [record.id for record in found.records]) == ("genbank", ["X1.1", "X2.1"])
    assert found.fetch("X1.1", 0, 5) == "ACGTA"
    assert found.fetch("X2.1", 0, 5, "-") == "TACGT"
    assert found.features["X2.1"][0].name == "abcA"
    assert found.summary("X1.1").n == 3


def test_a_record_without_sequence_is_refused_with_the_remedy(file):
    text = genbank()
    file.write_text(text[: text.index("ORIGIN")] + "CONTIG      join(A1.1:1..27)\n//\n")
    with pytest.raises(UserError, match="holds no sequence") as caught:
        list(read_genbank(file))
    assert "record 1, X1.1" in caught.value.where
    assert "ORIGIN" in caught.value.hint


def test_protein_repeated_ids_and_damage_are_refused(file):
    for text, words in (
        (genbank("MKTAYIAKQRQISFVKSHFSRQLEERL", "protein"), "looks like protein"),
        (genbank() * 2, "occurs more than once"),
        (genbank()[:-20], "cannot be read"),
        (genbank().replace("ggcctt", "ggcc"), "holds 25 of the 27 bases"),
        (genbank()[: genbank().index("ORIGIN") - 80], "cannot be read|holds no sequence"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=words):
            list(read_genbank(file))
    file.write_bytes(gzip.compress(genbank().encode())[:-9])
    with pytest.raises(UserError, match="ends too early"):
        list(read_genbank(file))


def test_annotation_is_read_with_decoded_attributes(tmp_path):
    path = tmp_path / "a.gff3.gz"
    path.write_bytes(
        gzip.compress(
            b"##gff-version 3\r\n#!about\r\n\r\n"
            b"chrI\tSGD\tgene\t335\t649\t.\t+\t.\tID=YAL069W;Name=YAL069W;Note=Dubious%3B unlikely,second;x\r\n"
            b"chrI\tSGD\tmRNA\t335\t649\t.\t-\t0\tParent=YAL069W,other;gene=ABC1\r\n"
            b"##FASTA\r\n>chrI\r\nACGT\r\n"
        )
    )
    gene, mrna = read_gff(path)
    assert (gene.sequence, gene.kind, gene.start, gene.end, gene.strand) == ("chrI", "gene", 334, 649, "+")
    assert (gene.id, gene.name, gene.attributes["Note"]) == ("YAL069W", "YAL069W", ("Dubious; unlikely", "second"))
    assert (mrna.id, mrna.name, mrna.parents, mrna.strand) == ("", "ABC1", ("YAL069W", "other"), "-")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("chrI SGD gene 1 2 . + . ID=a", "has 1 columns"),
        ("chrI\tSGD\tgene\t9\t2\t.\t+\t.\tID=a", "9 to 2 is no part"),
        ("chrI\tSGD\tgene\t0\t2\t.\t+\t.\tID=a", "0 to 2 is no part"),
        ("chrI\tSGD\tgene\t1\tx\t.\t+\t.\tID=a", "1 to x is no part"),
        (f"chrI\tSGD\tgene\t1\t{'9' * 5000}\t.\t+\t.\tID=a", "1 to 99999999999999999999 is no part"),
        ('chrI\tSGD\tgene\t1\t2\t.\t+\t.\tgene_id "a";', "This is GTF"),
    ],
)
def test_a_wrong_line_of_annotation_is_named(tmp_path, line, words):
    path = tmp_path / "a.gff"
    path.write_text("##gff-version 3\n\n" + line + "\n")
    with pytest.raises(UserError, match=words) as caught:
        list(read_gff(path))
    assert caught.value.where == f"{path}: line 3"
    assert caught.value.hint


def test_a_file_without_annotation_is_refused(tmp_path):
    path = tmp_path / "a.gff"
    path.write_text("##gff-version 3\n")
    with pytest.raises(UserError, match="holds no annotation"):
        list(read_gff(path))


@pytest.mark.real_data
def test_a_plasmid_of_the_plague_bacterium_has_its_ten_genes():
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    (record,) = read_genbank(SHARED / "genes/NC_005816.gb")
    other = SeqIO.read(SHARED / "genes/NC_005816.gb", "genbank")
    assert record.sequence == str(other.seq)
    assert len(record.features) == len(other.features) == 41
    genes = [feature for feature in record.features if feature.kind == "gene"]
    assert (len(genes), genes[0].start, genes[0].end, genes[0].name) == (10, 86, 1109, "YP_pPCP01")


def test_reading_leaves_the_warnings_of_the_process_as_they_are(file):
    file.write_text(genbank())
    before = list(warnings.filters)
    list(read_genbank(file))
    assert warnings.filters == before


def test_repeated_ids_are_numbered_where_that_was_chosen(file):
    file.write_text(genbank() * 2)
    found = open_sequences(file, duplicates="rename")
    assert [record.id for record in found.records] == ["X1.1", "X1.1_2"]
    assert found.notices[-1] == "Ids that occur more than once are numbered: 1 sequence (X1.1_2)."
    assert found.features["X1.1_2"][0].name == "abcA"


def test_a_packed_genbank_file_is_measured_by_its_content(file, monkeypatch):
    file.write_bytes(gzip.compress(genbank().encode()))
    monkeypatch.setattr(limits, "memory_budget", lambda: 30 * file.stat().st_size)
    with pytest.raises(UserError, match="can be spared"):
        open_sequences(file)
