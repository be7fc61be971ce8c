"""Genes come out of FASTA, GenBank, GFF3 and tables with their bases, their names and what is said of them."""

import gzip
from pathlib import Path

import openpyxl
import pytest
from chat_runs import measured

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.function_table import read_functions
from genodesk.workflows.genechat.gene_headers import read_header
from genodesk.workflows.genechat.genes import InFile, find_genes

GENOME = ">chrI the first\nAAACCCGGGTTTACGTACGT\n>chrII\nTTTTCCCC\n"
GFF = """##gff-version 3
chrI\tSGD\tgene\t4\t9\t.\t-\t.\tID=gene-Y1;Name=Y1;gene=ABC1;Note=Makes%20a%3B b
chrI\tSGD\tmRNA\t4\t9\t.\t-\t.\tID=rna-Y1;Parent=gene-Y1;product=protein one
chrI\tSGD\tCDS\t4\t6\t.\t-\t0\tID=cds-Y1;Parent=rna-Y1;product=protein one
chrI\tSGD\texon\t4\t9\t.\t-\t.\tParent=rna-Y1
chrII\tSGD\tgene\t1\t8\t.\t+\t.\tID=gene:Y2;description=Second gene [Source:SGD%3BAcc:1]
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "header", "expected"),
    [
        ("YAL001C", "gene=TFC3 organism=Saccharomyces cerevisiae S288C", ("TFC3", "")),
        ("YAL001C", "TFC3 SGDID:S000000001, Chr I from 1-9, Verified ORF, \"Subunit of TFIIIC\"",
         ("TFC3", "Subunit of TFIIIC")),
        ("lcl|NC_1", "[gene=thrA] [locus_tag=b2] [protein=aspartokinase 1] [location=1..9]",
         ("thrA", "aspartokinase 1")),
        ("ENSG1", "gene_symbol:TUB1 description:alpha-tubulin", ("TUB1", "alpha-tubulin")),
        ("plain", "a kinase of the wall", ("plain", "a kinase of the wall")),
        ("plain", "", ("plain", "")),
    ],
)  # fmt: skip
def test_headers_of_known_kinds_are_read(name, header, expected):
    assert read_header(name, header) == expected


def test_records_of_a_fasta_meet_their_rows_of_a_table(tmp_path):
    fasta = write(tmp_path, "genes 基因.fasta", ">g1 gene=ABC1 organism=X\nacgtacgt\n>g2 a note\nNNACGU\n>g3\nACGT\n")
    table = write(tmp_path, "what.csv", 'id,gene,function\ng1,ABC1,"Cuts, then glues"\nDEF2,,x\ng2,DEF2,Glues\n')
    found = find_genes(fasta, table)
    assert [(gene.id, gene.name, gene.sequence, gene.description) for gene in found.genes] == [
        ("g1", "ABC1", "ACGTACGT", "Cuts, then glues"),
        ("g2", "DEF2", "NNACGT", "Glues"),
        ("g3", "g3", "ACGT", ""),
    ]
    assert found.genes[0].notes == (("what.csv", "g1", "Cuts, then glues"),)
    assert found.genes[1].notes == (("what.csv", "g2", "Glues"), ("FASTA header", "g2", "a note"))
    assert found.without_sequence == ["DEF2"]
    assert any("U is read as T" in notice for notice in found.notices)


def test_a_genome_is_cut_by_its_gff3_on_the_right_strand(tmp_path):
    fasta = tmp_path / "genome.fa.gz"
    fasta.write_bytes(gzip.compress(GENOME.encode()))
    first, second = find_genes(fasta, write(tmp_path, "genome.gff3", GFF)).genes
    assert (first.id, first.name, first.sequence) == ("Y1", "ABC1", "CCCGGG")
    assert first.description == "Makes a; b; protein one"
    assert first.notes == (("GFF3 Note", "Y1", "Makes a; b"), ("GFF3 product", "Y1", "protein one"))
    assert (second.id, second.sequence, second.description) == ("Y2", "TTTTCCCC", "Second gene")


def test_genes_too_long_are_named_and_not_read(tmp_path):
    found = find_genes(write(tmp_path, "g.fa", GENOME), write(tmp_path, "g.gff3", GFF), longest=7)
    assert [gene.id for gene in found.genes] == ["Y1"]
    assert found.too_long == {"Y2": 8}


@pytest.mark.parametrize(
    ("gff", "said"),
    [
        (GFF.replace("chrI", "1"), "the genome holds chrI, chrII"),
        (GFF.replace("\t4\t9\t", "\t4\t900\t"), "ends at base 900 of chrI, which has 20"),
        ("chrI\tx\tregion\t1\t9\t.\t+\t.\tID=r\n", "marks no genes"),
    ],
)
def test_an_annotation_of_another_genome_is_refused(tmp_path, gff, said):
    with pytest.raises(UserError, match=said):
        find_genes(write(tmp_path, "g.fa", GENOME), write(tmp_path, "g.gff3", gff))


@pytest.mark.real_data
def test_genes_of_a_real_genbank_plasmid():
    genes = {gene.id: gene for gene in find_genes(measured("genes/NC_005816.gb")).genes}
    assert len(genes) == 10
    assert genes["YP_pPCP05"].name == "pim"
    assert len(genes["YP_pPCP01"].sequence) == 1023
    assert genes["YP_pPCP01"].sequence.startswith("ATG")
    assert genes["YP_pPCP03"].description.startswith("putative replication regulatory protein; Best Blastp hit")
    assert genes["YP_pPCP09"].sequence[-3:] in ("TAA", "TAG", "TGA")  # on the other strand
    assert genes["YP_pPCP01"].notes[0] == ("GenBank /product", "YP_pPCP01", "putative transposase")


GENBANK = """LOCUS       CIRCLE                    20 bp    DNA     circular BCT 01-JAN-2020
DEFINITION  a small circle.
ACCESSION   CIRCLE
VERSION     CIRCLE.1
FEATURES             Location/Qualifiers
     CDS             join(17..20,1..2)
                     /gene="ori"
                     /product="wraps around"
     CDS             complement(join(3..5,7..9))
                     /gene="cut"
                     /product="with an intron"
ORIGIN
        1 aaccctgggt ttacgtacgt
//
"""


def test_a_gene_that_wraps_around_a_circle_is_read_through(tmp_path):
    wrapping, cut = find_genes(write(tmp_path, "c.gb", GENBANK)).genes
    assert (wrapping.sequence, wrapping.description) == ("ACGTAA", "wraps around")
    assert cut.sequence == "CCCAGGG"  # the intron is part of the gene


def test_a_table_from_a_spreadsheet_reads_alike(tmp_path):
    book = openpyxl.Workbook()
    for row in (("Gene ID", "Description"), ("g1", "Cuts"), (7, "Glues"), (None, None)):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert [(row.id, row.text, row.number) for row in read_functions(tmp_path / "t.xlsx")] == [
        ("g1", "Cuts", 2), ("7", "Glues", 3),
    ]  # fmt: skip
    text = write(tmp_path, "t.tsv", "\ufeffid\tfunction\ng1\tCuts\n7\tGlues\n")
    assert [row.text for row in read_functions(text)] == ["Cuts", "Glues"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.csv", "", "empty"),
        ("t.csv", "a,b\n1,2\n", "hold ids of genes; it has a, b"),
        ("t.csv", "id,other\n1,2\n", "hold functions"),
        ("t.csv", "id,function\n", "no rows with an id"),
        ("t.csv", "id,function\ng1,cuts\ng2,x\ng1,glues\n", "row 2 and another in row 4"),
        ("t.xlsx", "no workbook", "not a readable XLSX workbook"),
    ],
)
def test_a_bad_table_is_a_sentence(tmp_path, name, text, said):
    with pytest.raises(UserError, match=said) as refused:
        read_functions(write(tmp_path, name, text))
    assert name in refused.value.where


def test_merged_cells_of_a_spreadsheet_are_named(tmp_path):
    book = openpyxl.Workbook()
    for row in (("id", "function", None), ("g1", "cuts", "x")):
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(UserError, match="B1:C1"):
        read_functions(tmp_path / "t.xlsx")


def test_ids_that_never_meet_are_refused(tmp_path):
    fasta = write(tmp_path, "g.fa", ">g1\nACGT\n")
    with pytest.raises(UserError, match="the table has x1, the sequences g1"):
        find_genes(fasta, write(tmp_path, "t.csv", "id,function\nx1,cuts\n"))


def test_pieces_of_one_id_on_two_strands_or_sequences_are_no_one_gene(tmp_path):
    lines = [("chrI", "gene", 1, 4, "+"), ("chrI", "gene", 10, 15, "-"), ("chrI", "CDS", 11, 13, "-"),
             ("chrII", "gene", 1, 3, "+"), ("chrI", "gene", 6, 7, "+")]  # fmt: skip
    text = "".join(
        f"{name}\tx\t{kind}\t{first}\t{last}\t.\t{strand}\t.\t"
        + (f"Parent=rps12;product={name}{strand}\n" if kind == "CDS" else "ID=rps12\n")
        for name, kind, first, last, strand in lines
    )
    found = find_genes(write(tmp_path, "g.fa", GENOME), write(tmp_path, "g.gff3", text))
    assert [(gene.id, gene.name, gene.sequence, gene.description) for gene in found.genes] == [
        ("rps12", "rps12", "AAACCCG", ""),
        ("rps12_2", "rps12", "CGTAAA", "chrI-"),
        ("rps12_3", "rps12", "TTT", ""),
    ]
    assert any("several strands or sequences" in notice and "rps12" in notice for notice in found.notices)
    assert any("several pieces" in notice for notice in found.notices)


@pytest.mark.parametrize(
    ("name", "text"),
    [("g.fa", ">a\nACGT\n>a\nTTTT\n"), ("g.gb", GENBANK * 2), ("g.gb", GENBANK.replace('"cut"', '"ori"') * 2)],
)
def test_repeated_ids_stop_or_are_numbered_by_choice(tmp_path, name, text):
    path = write(tmp_path, name, text)
    with pytest.raises(UserError, match="occurs more than once") as refused:
        find_genes(path)
    assert "--duplicates rename" in refused.value.hint
    found = find_genes(path, duplicates="rename")
    assert len({gene.id for gene in found.genes}) == len(found.genes) > 1
    assert any("are numbered" in notice for notice in found.notices)


@pytest.mark.parametrize("annotation", [None, GFF])
def test_of_a_large_file_only_the_part_that_is_asked_for_is_read(tmp_path, annotation):
    files = [write(tmp_path, "g.fa", GENOME)] + ([write(tmp_path, "g.gff3", annotation)] if annotation else [])
    held, stored = find_genes(*files), find_genes(*files, most_held=5)
    assert all(isinstance(gene.bases, InFile) for gene in stored.genes)
    for one, other in zip(held.genes, stored.genes, strict=True):
        assert (other.length, other.sequence) == (one.length, one.sequence)
        assert other.part(2, 5) == one.part(2, 5) == one.sequence[2:5]
    assert any("The file is large" in notice for notice in stored.notices)
    files[0].write_text(GENOME + "A\n")
    with pytest.raises(UserError, match="has changed"):
        stored.genes[0].part(0, 1)
