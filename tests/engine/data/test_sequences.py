"""Any part of any record, read alone, equals the slice of the whole; numbers and formats are told by the content."""

import gzip
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genodesk.core.errors import UserError
from genodesk.engine.data.byte_blocks import BLOCK
from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.data.sequence_codes import reverse_complement
from genodesk.engine.data.sequences import known_kind, open_sequences, sequence_kind

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def ragged(seed: int, lengths: dict[str, int]) -> tuple[bytes, dict[str, str]]:
    """FASTA text with lines of any length, and the sequences in the letters of the file."""
    choose = random.Random(seed)
    text, sequences = [], {}
    for name, length in lengths.items():
        bases = "".join(choose.choices("ACGTacgtN", [9, 9, 9, 9, 2, 2, 2, 2, 1], k=length))
        sequences[name] = bases
        text.append(f">{name} length {length}\r\n")
        at = 0
        while at < length:
            step = choose.choice((1, 7, 60, 61, 5000))
            text.append(bases[at : at + step] + choose.choice(("\n", "\r\n", "\n\n", " \n")))
            at += step
    return "".join(text).encode(), sequences


def packed_with(kind: str, content: bytes) -> bytes:
    if kind == "zstd":
        return pyarrow.Codec("zstd").compress(content).to_pybytes()
    return gzip.compress(content) if kind == "gzip" else content


@pytest.mark.parametrize("kind", ["", "gzip", "zstd"])
def test_any_part_equals_the_slice_of_the_whole(tmp_path, kind):
    content, sequences = ragged(1, {"long": 2 * BLOCK, "one": 1, "short": 900, "last": BLOCK + 17})
    path = tmp_path / "a.fa"
    path.write_bytes(packed_with(kind, content))
    file = open_sequences(path)
    assert (file.kind, file.packing) == ("fasta", kind)
    choose = random.Random(2)
    for name, bases in sequences.items():
        cuts = [(0, len(bases)), (0, 1), (len(bases), len(bases)), (len(bases) // 2, len(bases) // 2)]
        cuts += [tuple(sorted(choose.choices(range(len(bases) + 1), k=2))) for _ in range(2)]
        cuts += [(start, min(start + 50, len(bases))) for start in choose.choices(range(len(bases)), k=8)]
        for start, end in cuts:
            assert file.fetch(name, start, end) == bases[start:end].upper()
            part = file.part(name, start, end)
            lower = np.zeros(end - start, bool)
            for first, stop in part.soft_masked:
                lower[first:stop] = True
            assert (lower == (np.frombuffer(bases[start:end].encode(), np.uint8) >= ord("a"))).all()
        assert file.fetch(name, strand="-") == reverse_complement(bases.upper())
        found = file.summary(name)
        assert found.length == len(bases)
        assert found.n == bases.count("N")
        assert found.soft_masked == sum(base.islower() for base in bases)
        assert found.gc == pytest.approx(
            sum(base in "GCgc" for base in bases) / max(1, len(bases) - found.n), nan_ok=True
        )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.text("ACGTN acgtn", max_size=9), min_size=1, max_size=12),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_part_equals_the_slice_for_any_lines(tmp_path, lines, cut):
    path = tmp_path / "a.fa"
    path.write_text(">a\nACGT\n>b\n" + "\n".join(lines) + "\n>c\nT\n")
    bases = "".join("".join(lines).split()).upper()
    file = open_sequences(path)
    assert [record.id for record in file.records] == ["a", *(["b"] if bases else []), "c"]
    if bases:
        start, end = sorted(round(share * len(bases)) for share in cut)
        assert file.fetch("b", start, end) == bases[start:end]


def test_minus_strand_and_known_values():
    assert reverse_complement("ACGTN") == "NACGT"
    assert reverse_complement("AAC") == "GTT"


def test_unknown_ids_and_parts_outside_end_in_words(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">chr1\nACGT\n")
    file = open_sequences(path)
    with pytest.raises(UserError, match="There is no sequence chr2") as caught:
        file.fetch("chr2")
    assert "chr1" in caught.value.hint
    for start, end in ((0, 5), (-1, 2), (3, 2)):
        with pytest.raises(UserError, match="chr1 has 4 bases"):
            file.fetch("chr1", start, end)
    path.write_text(">chr1\nACGTACGT\n")
    with pytest.raises(UserError, match="has changed"):
        file.fetch("chr1")


def test_repeated_ids_stop_or_are_told_apart(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">a\nAC\n>a\nGT\n")
    with pytest.raises(UserError, match="more than once"):
        open_sequences(path)
    file = open_sequences(path, duplicates="rename")
    assert (file.fetch("a"), file.fetch("a_2")) == ("AC", "GT")
    assert "a_2" in file.notices[0]


def test_formats_are_told_by_their_content_not_by_their_names(tmp_path):
    path = tmp_path / "a.txt"
    for content, kind in (
        (b"\xef\xbb\xbf\n>a\nAC\n", "fasta"),
        (gzip.compress(b">a\nAC\n"), "fasta"),
        (b"LOCUS       NC_1   4 bp    DNA     linear   BCT 01-JAN-2000\n", "genbank"),
        (b"@read1\nACGTN\n+\nIIIII\n", "fastq"),
        (gzip.compress(b"@read1 x\r\nACGTN\r\n+read1 x\r\nIIIII\r\n"), "fastq"),
        (b"@article{a}\n", None),
        (b"a,b\n1,2\n", None),
        (b"", None),
    ):
        path.write_bytes(content)
        assert sequence_kind(path) == kind
        if kind in ("fasta", "genbank"):
            assert known_kind(path) == kind
        else:
            with pytest.raises(UserError, match="neither FASTA nor GenBank" if content else "is empty") as caught:
                known_kind(path)
            assert caught.value.hint


def test_reads_with_qualities_are_named_and_refused(tmp_path):
    path = tmp_path / "reads.fa"
    path.write_text("@r1\nACGT\n+\nIIII\n")
    with pytest.raises(UserError, match="This is FASTQ") as caught:
        open_sequences(path)
    assert "seqtk" in caught.value.hint


def test_a_packed_file_cut_short_is_refused_with_the_bytes_read(tmp_path):
    path = tmp_path / "a.fa.gz"
    path.write_bytes(gzip.compress(b">a\n" + b"ACGTTGCAAC" * 200)[:-10])
    assert known_kind(path) == "fasta", "what it is can be told"
    for reads in (open_sequences, lambda path: list(read_fasta(path))):
        with pytest.raises(UserError, match=f"ends too early: {path.stat().st_size} bytes were read"):
            reads(path)


def test_a_large_file_is_looked_through_in_bounded_memory(tmp_path):
    path = tmp_path / "a.fa"
    line = b"ACGTNacgtn" * 8 + b"\n"
    with path.open("wb") as file:
        for name in (b"1", b"2"):
            file.write(b">chr" + name + b"\n" + line * 200_000)  # 16 MB each
    open_sequences(path)
    tracemalloc.start()
    found = open_sequences(path)
    part = found.fetch("chr2", 15_999_000, 16_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [record.length for record in found.records] == [16_000_000, 16_000_000]
    assert part == "ACGTNACGTN" * 100
    assert peak < 20 * BLOCK, "of 32 MB"


def test_of_a_packed_file_only_some_places_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("genodesk.engine.data.fasta_index._MOST_STATES", 8)
    path = tmp_path / "a.fa.gz"
    bases = np.random.default_rng(0).choice(np.frombuffer(b"ACGT", np.uint8), 10 * BLOCK).tobytes().decode() * 4
    path.write_bytes(gzip.compress((">a\n" + bases).encode(), compresslevel=1))
    tracemalloc.start()
    file = open_sequences(path)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 8 * BLOCK, "of 40 blocks, each place with its state"
    for start in (0, 5, 17 * BLOCK, 39 * BLOCK, 40 * BLOCK - 8):
        assert file.fetch("a", start, min(start + 40, len(bases))) == bases[start : start + 40]


@pytest.mark.real_data
def test_parts_of_the_first_chromosome_of_yeast_as_another_program_reads_them(tmp_path):
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    pyfaidx = pytest.importorskip("pyfaidx")
    path = tmp_path / "chrI.fa"
    path.write_bytes((SHARED / "genome/S288C_chrI.fa").read_bytes())
    file = open_sequences(path)
    (record,) = file.records
    assert (record.id, record.length, record.n) == ("I", 230_218, 18_841)
    other = pyfaidx.Fasta(str(path), sequence_always_upper=True)["I"]
    whole = next(read_fasta(path)).sequence
    for start in range(0, 230_218, 9_973):
        end = min(start + 777, 230_218)
        assert file.fetch("I", start, end) == str(other[start:end]) == whole[start:end]
