"""The words of yeast culture: which names of media, sources and drugs mean the same, and which say "not recorded".

The lists only unify spelling: a name that is not in them stays as it is, and training learns it like any other.
"""

import unicodedata

NO_DRUG = "none"
MISSING = frozenset(
    ("", "nan", "na", "n/a", "null", "-", "--", "?", "unknown", "<unknown>", "not recorded", "nr", "未知", "未记录")
)
_NONE = frozenset(("none", "no", "no drug", "untreated", "control", "vehicle", "mock", "无", "不加药", "未加药"))

_ALIASES = {
    "medium": {
        "ypd": ("yepd", "yp dextrose", "yp glucose", "yp+d", "ypad"),
        "ypgly": ("ypg (glycerol)", "yp glycerol", "yepg (glycerol)", "yp+glycerol"),
        "ypgal": ("yp galactose", "yp+galactose", "yepgal"),
        "ypraff": ("yp raffinose", "yp+raffinose"),
        "sc": ("sd", "csm", "sc complete", "synthetic complete", "synthetic defined", "sdc"),
    },
    "carbon_source": {
        "glucose": ("dextrose", "d-glucose", "glc", "葡萄糖"),
        "galactose": ("d-galactose", "gal", "半乳糖"),
        "glycerol": ("甘油",),
        "ethanol": ("etoh", "乙醇"),
        "raffinose": ("棉子糖",),
        "sucrose": ("蔗糖",),
    },
    "nitrogen_source": {
        "ammonium sulfate": ("ammonium sulphate", "(nh4)2so4", "硫酸铵"),
        "ammonium chloride": ("nh4cl", "氯化铵"),
        "proline": ("l-proline", "脯氨酸"),
        "glutamine": ("l-glutamine", "谷氨酰胺"),
        "urea": ("尿素",),
    },
    "drug": {
        "rapamycin": ("sirolimus", "雷帕霉素"),
        "hydrogen peroxide": ("h2o2", "过氧化氢"),
        "DMSO": ("dimethyl sulfoxide", "dimethylsulfoxide"),
        "fluconazole": ("氟康唑",),
        "cycloheximide": ("chx", "放线菌酮"),
        "sodium chloride": ("nacl", "氯化钠"),
    },
}
_CANONICAL = {
    field: {word.casefold(): name for name, words in names.items() for word in (name, *words)}
    for field, names in _ALIASES.items()
}


def plain(text: object) -> str:
    """A cell as plain text: full-width and composed letters unified (µ, ℃, ３０), spaces and quotes at the ends off."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).split()).strip("'\" ")


def is_missing(text: str) -> bool:
    """Whether a plain cell says that nothing was recorded; a bare 0 is for its column to judge."""
    return text.casefold() in MISSING


def class_name(field: str, text: str) -> str | None:
    """The name of a class, or None for nothing recorded. A bare 0 means no drug, and not recorded in other fields.

    Media and sources are case-folded; a drug keeps its letters, so that PeAfpA stays readable.
    """
    word = plain(text)
    folded = word.casefold()
    if field == "drug" and (folded in _NONE or _is_zero(folded)):
        return NO_DRUG
    if is_missing(word) or folded == "none" or _is_zero(folded):
        return None
    return _CANONICAL[field].get(folded, word if field == "drug" else folded)


def _is_zero(text: str) -> bool:
    return text.replace(".", "").strip("0") == "" and "0" in text
