"""FASTA as people have it: what is read, what is told in a notice, and what is refused by record, line and column."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genodesk.core.errors import UserError
from genodesk.engine.data.byte_blocks import BLOCK
from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.data.sequence_record import SequenceNotices, SequenceRecord

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
PROTEIN = b">hba\nMVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSHGSAQVKGHG\n"


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    return tmp_path / "基因 1.fa"


def read(path: Path, content: bytes, **how) -> tuple[list[SequenceRecord], list[str]]:
    """The records, and the notices."""
    path.write_bytes(content)
    notices = SequenceNotices()
    records = list(read_fasta(path, notices=notices, **how))
    return records, notices.sentences()


def refusal(path: Path, content: bytes) -> UserError:
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        list(read_fasta(path))
    assert str(path) in caught.value.where
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b">a one gene\nACGTN\nACG\n>b\nTT\n",
        b">a one gene\r\nACGTN\r\nACG\r\n>b\r\nTT\r\n",
        b">a one gene\rACGTN\rACG\r>b\rTT\r",
        b"\xef\xbb\xbf>a one gene\nACGTN\nACG\n>b\nTT",
        b"\n\n>a one gene\n\nA\n\nCGTNAC\nG\n\n\n>b\n T \tT \n\n",
        b">a one gene\nACG TNA CG\n>  b\nTT\n",
        b">a\t  one gene  \nACGTNACG\n>b\nT\x0b\x0cT\n",
    ],
    ids=["unix", "windows", "old Mac", "byte order mark", "ragged and blank", "spaces", "tabs"],
)
def test_lines_may_be_written_as_any_program_writes_them(fasta, content):
    records, notices = read(fasta, content)
    assert [(r.id, r.description, r.sequence) for r in records] == [("a", "one gene", "ACGTNACG"), ("b", "", "TT")]
    assert notices == []


def test_codes_are_a_c_g_t_n_and_lower_case_becomes_intervals(fasta):
    (record,), notices = read(fasta, b">a\nACGTNacg\ntNNNnn\nAAg\n")
    assert record.codes.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 4, 4, 4, 4, 0, 0, 2]
    assert record.codes.dtype == np.uint8
    assert record.soft_masked.tolist() == [[5, 9], [12, 14], [16, 17]]
    assert record.sequence == "ACGTNACGTNNNNNAAG"
    assert notices == []


def test_a_masked_run_over_the_border_of_blocks_is_one_interval(fasta):
    text = b"A" * (BLOCK - 100) + b"c" * 300 + b"G" * BLOCK + b"t"
    (record,), _ = read(fasta, b">a\n" + text)
    assert record.soft_masked.tolist() == [[BLOCK - 100, BLOCK + 200], [2 * BLOCK + 200, 2 * BLOCK + 201]]
    assert len(record.codes) == len(text)


def test_headers_and_line_ends_on_the_border_of_blocks_are_found(fasta):
    for shift in range(-6, 3):
        first = b">a\r\n" + b"A" * (BLOCK + shift - 6) + b"\r\n"
        records, _ = read(fasta, first + b">b more\r\nCC\r\n")
        assert [(r.id, r.description, len(r.codes)) for r in records] == [
            ("a", "", BLOCK + shift - 6),
            ("b", "more", 2),
        ]
        assert "line 4, column 2" in refusal(fasta, first + b">b\r\nC-\r\n").where


def test_rna_is_read_as_dna_with_a_notice(fasta):
    (record,), notices = read(fasta, b">r\nAUGuC\n")
    assert record.sequence == "ATGTC"
    assert notices == ["U is read as T, in 1 sequence (r)."]


def test_ambiguous_letters_become_n_with_a_notice(fasta):
    records, notices = read(fasta, b">a\n" + b"ACGT" * 20 + b"RYSWKMBDHVXryn\n>b\nACGTACGTR\n")
    assert records[0].sequence == "ACGT" * 20 + "N" * 14
    assert notices == ["14 ambiguous letters (IUPAC) are read as N, in 2 sequences (a, b)."]


def test_an_empty_record_is_left_out_with_a_notice(fasta):
    records, notices = read(fasta, b">a\nAC\n>none\n>blank\n \n\n>b\nGT\n>last")
    assert [r.id for r in records] == ["a", "b"]
    assert notices == ["Without a single base, and left out: 3 sequences (none, blank, last)."]
    assert "empty" in refusal(fasta, b">a\n>b\n\n").message


def test_repeated_ids_stop_or_are_numbered(fasta):
    content = b">a\nAC\n>a_2\nGG\n>a\nGT\n>a x\nTT\n"
    error = refusal(fasta, content)
    assert error.message == "The id a occurs more than once."
    assert "line 5" in error.where
    assert error.hint == "Give every sequence an id of its own."
    with pytest.raises(UserError, match="occurs more than once") as refused:
        read(fasta, content, duplicates="error")
    assert refused.value.hint == "Give every sequence an id of its own, or use --duplicates rename."
    records, notices = read(fasta, content, duplicates="rename")
    assert [(r.id, r.sequence) for r in records] == [("a", "AC"), ("a_2", "GG"), ("a_3", "GT"), ("a_4", "TT")]
    assert notices == ["Ids that occur more than once are numbered: 2 sequences (a_3, a_4)."]


def test_very_many_alike_ids_are_numbered_without_delay(fasta):
    records, _ = read(fasta, b">contig\nAC\n" * 20_000, duplicates="rename")
    assert [records[0].id, records[1].id, records[-1].id] == ["contig", "contig_2", "contig_20000"]
    assert len({record.id for record in records}) == 20_000


def test_protein_is_refused_and_called_so(fasta):
    error = refusal(fasta, PROTEIN)
    assert "hba is not DNA but looks like protein" in error.message
    assert "record hba, line 2" in error.where
    mixed = refusal(fasta, b">dna\nACGTACGT\n" + PROTEIN)
    assert ("hba" in mixed.message, "line 4" in mixed.where) == (True, True)
    without_its_own_letters = refusal(fasta, b">kha\nKHAWKHAWMMSTRVVDYK\n")
    assert "only 17% of its letters" in without_its_own_letters.message


def test_a_share_of_ambiguous_letters_up_to_fifteen_in_a_hundred_is_dna(fasta):
    records, _ = read(fasta, b">a\n" + b"A" * 85 + b"R" * 15 + b"\n")
    assert records[0].sequence == "A" * 85 + "N" * 15
    assert "84%" in refusal(fasta, b">a\n" + b"A" * 84 + b"R" * 16 + b"\n").message


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        (b"-", "gap of an alignment"),
        (b"*", "end of a protein"),
        (b"E", "The letter E is an amino acid"),
        (b"q", "The letter q is an amino acid"),
        (b"7", "7 stands for no base"),
        (b">", "> stands within a line"),
        (b"\x00", "byte 0 stands for no base"),
        (b"\xc3", "byte 195 stands for no base"),
    ],
)
def test_a_sign_that_is_no_base_is_told_by_record_line_and_column(fasta, sign, words):
    error = refusal(fasta, b">first\nACGT\n\n>second here\nACGTACGTAC\nACG" + sign + b"ACGTACGT-\n")
    assert words in error.message
    assert error.where == f"{fasta}: record second, line 6, column 4"


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_line_and_column_are_right_with_every_line_end_and_behind_many_blocks(fasta, end):
    lines = [b">a", *[b"ACGTACGTAC"] * (3 * BLOCK // 10), b"ACG*"]
    error = refusal(fasta, end.join(lines))
    assert error.where.endswith(f"line {len(lines):,}, column 4")


def test_what_is_no_fasta_is_refused_in_words(fasta):
    for content, words in (
        (b"", "holds no sequences"),
        (b" \n\n", "holds no sequences"),
        (b"ACGT\n>a\nACGT\n", "does not begin with >"),
        (b">\nACGT\n", "has no name"),
        (b"> \t\nACGT\n", "has no name"),
        (b">" + b"ACGT" * 300_000, "header line is longer"),
    ):
        assert words in refusal(fasta, content).message
    assert "line 3" in refusal(fasta, b">a\nACG\n>\nAC\n").where
    with pytest.raises(UserError, match="no such file"):
        list(read_fasta(fasta.with_name("absent.fa")))
    with pytest.raises(UserError, match="is a folder"):
        list(read_fasta(fasta.parent))


def test_headers_keep_chinese_in_both_encodings(fasta):
    for encoding in ("utf-8", "gb18030"):
        records, _ = read(fasta, ">基因 热激蛋白\nACGT\n".encode(encoding))
        assert (records[0].id, records[0].description) == ("基因", "热激蛋白")


def test_reading_can_be_given_up_between_blocks(fasta):
    class GivenUp(Exception):
        pass

    def give_up() -> None:
        raise GivenUp

    fasta.write_bytes(b">a\nACGT\n")
    with pytest.raises(GivenUp):
        list(read_fasta(fasta, between_blocks=give_up))


def naive(text: str) -> list[tuple[str, str]]:
    """Another reader, a line at a time."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith(">"):
            found.append((line[1:].split()[0], ""))
        else:
            found[-1] = (found[-1][0], found[-1][1] + "".join(line.split()))
    return [(name, bases) for name, bases in found if bases]


sequence_lines = st.lists(st.text("ACGTNacgtn \t", max_size=12), max_size=6)
ends = st.sampled_from(["\n", "\r", "\r\n"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(sequence_lines, min_size=1, max_size=5), end=ends, packed=st.booleans())
def test_any_arrangement_of_lines_reads_as_a_naive_reader_reads_it(fasta, records, end, packed):
    text = end.join(line for i, lines in enumerate(records) for line in (f">id{i} x", *lines)) + end
    expected = naive(text)
    fasta.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    if not expected:
        with pytest.raises(UserError, match="are empty"):
            list(read_fasta(fasta))
        return
    found = list(read_fasta(fasta))
    assert [(r.id, r.sequence) for r in found] == [(name, bases.upper()) for name, bases in expected]
    for record, (_, bases) in zip(found, expected, strict=True):
        lower = [i for start, stop in record.soft_masked.tolist() for i in range(start, stop)]
        assert lower == [i for i, base in enumerate(bases) if base.islower()]


@pytest.mark.real_data
def test_the_first_chromosome_of_yeast_and_its_genes():
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    (chromosome,) = read_fasta(SHARED / "genome/S288C_chrI.fa")
    assert (chromosome.id, len(chromosome.codes), int((chromosome.codes == 4).sum())) == ("I", 230_218, 18_841)
    genes = list(read_fasta(SHARED / "genes/yeast_genes.fasta"))
    assert len(genes) == 296
    assert genes[0].description == "gene=TFC3 organism=Saccharomyces cerevisiae S288C"
    text = (SHARED / "genes/yeast_genes.fasta").read_text()
    assert [(r.id, r.sequence) for r in genes] == naive(text)
