"""Which telling words an answer and a source have in common, without those that one of them denies.

Words are compared, not meanings: that they are shared is a hint where to read, no proof that the answer is right.
"""

import re
from collections.abc import Iterator

_EVERYWHERE = frozenset(
    """this that with from into have been also which when where were their other than then such like some many most
    both each only more very they there these those what will would could should does during between within through
    against about under over after before because
    gene genes protein proteins product products sequence sequences enzyme enzymes polypeptide
    cell cells cellular organism organisms species biological molecular
    encode encodes encoded encoding predict predicted predicts involve involved involves involving require required
    requires function functions functional functioning activity activities active process processes processing
    pathway pathways role roles part parts play plays playing take takes taking enable enables enabling
    contribute contributes help helps have having known unknown putative probable probably possible possibly likely
    hypothetical uncharacterized uncharacterised conserved similar similarity related associated
    homolog homologs homologue homologues ortholog orthologs paralog paralogs
    member members family families superfamily subfamily subunit subunits component components
    domain domains complex complexes contain contains containing located localized localised general specific
    important essential various several different""".split()  # noqa: SIM905
)
# A full stop behind one or two letters ends an abbreviation ("e.g.", "E. coli") more often than a sentence.
_CLAUSE = re.compile(r"(?<!\b\w)(?<!\b\w\w)[.!?](?=\s|$)|;|\b(?:but|although|though|whereas)\b")
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|solely|limited to|restricted to)\b")
_DENIAL = re.compile(
    r"\b(?:not|no(?!\.?\s*\d)|non|never|none|without|lack(?:s|ed|ing)?|cannot|neither|nor|unlikely|unable|absent"
    r"|devoid|incapable|deficient|defective|inactive|abolish(?:es|ed)?|los(?:t|es|ing|s of)"
    r"|fail(?:s|ed)? to|rather than|instead of|\w+n['’]t)\b(?!-)"
)
_OF_WHAT_STANDS_BEFORE = re.compile(
    r"\b(?:unlikely|absent)\b|\b(?:no|not|none|lacking|lost|inactive|deficient|defective|abolished)\W*$"
    r"|\b(?:not|never|cannot|\w+n['’]t) (?:\w+ ){0,2}?(?:detect|find|found|observ|seen|shown|present|demonstrat|measur"
    r"|confirm|support|function|prove|likely)"
)
_BEGINS_ANEW = re.compile(r"[,()]|\b(?:that|which|where|because)\b")


def shared_words(answer: str, source: str, most: int = 4) -> list[str]:
    """Telling words that stand in both and are denied in neither, in the answer's order and spelling.

    Left out are words of everywhere ("protein", "cell"), and those that stand under a "not" or its like anywhere in one
    of the texts: "lacks kinase activity" is about no kinase.
    """
    (said, denied), (theirs, denied_there) = _told(answer), _told(source)
    shared = {_stem(word) for word in _words(theirs)}
    shared -= {_stem(word) for text in (denied, denied_there) for word in _words(text)}
    found: dict[str, str] = {}
    for word in _words(said):
        if _stem(word) in shared:
            found.setdefault(_stem(word), word)
    return list(found.values())[:most]


def _told(text: str) -> tuple[str, str]:
    """What a text affirms and what it denies: in each clause, all from the first "not" or its like to the end."""
    affirmed, denied = [], []
    for clause in _CLAUSE.split(_NOT_ONLY.sub(" ", text.lower())):
        found = _DENIAL.search(clause)
        first = len(clause) if found is None else found.start()
        if found is not None and _OF_WHAT_STANDS_BEFORE.search(clause):
            first = max((one.end() for one in _BEGINS_ANEW.finditer(clause, 0, first)), default=0)
        affirmed.append(clause[:first])
        denied.append(clause[first:])
    return "\n".join(affirmed), "\n".join(denied)


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[a-z][a-z-]{3,}", text) if word not in _EVERYWHERE)


def _stem(word: str) -> str:
    from nltk.stem import PorterStemmer

    return str(PorterStemmer().stem(word))
