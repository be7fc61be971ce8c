"""The words of generated genes: what ten made-up families do, and how people ask for it."""

from dataclasses import dataclass
from typing import Literal

Aspect = Literal["function", "activity", "process", "location"]


@dataclass(frozen=True)
class FamilyWords:
    """What a family's proteins are, what they do, which process they serve and where."""

    name: str
    product: str
    activity: str
    process: str
    location: str

    def answer(self, aspect: Aspect) -> str:
        """The one right answer to a question of this kind."""
        return {
            "function": f"This gene encodes {self.product} that takes part in {self.process}.",
            "activity": f"Its protein {self.activity}.",
            "process": f"It takes part in {self.process}.",
            "location": f"Its protein works in {self.location}.",
        }[aspect]

    @property
    def description(self) -> str:
        """Everything in one sentence, as a description of the gene."""
        return f"{self.product[0].upper()}{self.product[1:]} for {self.process}, in {self.location}"


FAMILIES = (
    FamilyWords("helicase", "a DNA helicase", "unwinds double-stranded DNA", "DNA replication", "the nucleus"),
    FamilyWords("kinase", "a protein kinase", "adds phosphate to proteins", "cell division", "the bud neck"),
    FamilyWords(
        "transporter", "a sugar transporter", "carries glucose into the cell", "sugar uptake", "the plasma membrane"
    ),
    FamilyWords(
        "heat shock protein", "a heat shock protein", "refolds damaged proteins", "the response to heat", "the cytosol"
    ),
    FamilyWords("protease", "a protease", "cuts proteins into peptides", "protein breakdown", "the vacuole"),
    FamilyWords(
        "cytochrome oxidase", "a cytochrome oxidase", "passes electrons to oxygen", "respiration", "the mitochondrion"
    ),
    FamilyWords("tRNA ligase", "a tRNA ligase", "joins amino acids to tRNA", "translation", "the ribosome"),
    FamilyWords(
        "glycosyltransferase",
        "a glycosyltransferase",
        "attaches sugars to proteins",
        "secretion",
        "the Golgi apparatus",
    ),
    FamilyWords(
        "acyl-CoA oxidase", "an acyl-CoA oxidase", "breaks down fatty acids", "lipid metabolism", "the peroxisome"
    ),
    FamilyWords("chitin synthase", "a chitin synthase", "builds chains of chitin", "wall formation", "the cell wall"),
)

QUESTIONS: dict[Aspect, tuple[str, ...]] = {
    "function": (
        "What does this gene do?",
        "What is the function of this gene?",
        "Please predict the function of this gene.",
        "Describe this gene.",
        "Tell me about this gene.",
        "What is this gene?",
        "What does it encode?",
        "Which product does this gene encode?",
        "What is the role of this gene?",
        "Summarize the function of this gene.",
        "what does this gene do",
        "function?",
    ),
    "activity": (
        "What does its protein do?",
        "What does the protein do?",
        "What is the molecular activity of the protein?",
        "Which activity does the encoded protein have?",
        "What is the molecular function of its protein?",
        "What reaction does the protein carry out?",
        "How does the protein work?",
        "Describe the activity of the protein.",
        "what does the protein do",
        "activity?",
    ),
    "process": (
        "Which process is it part of?",
        "In which biological process does this gene take part?",
        "What process does this gene belong to?",
        "What biological process is this gene involved in?",
        "Which pathway is this gene part of?",
        "What pathway does it belong to?",
        "What is it needed for?",
        "Why does the cell need this gene?",
        "which process is this gene involved in",
        "process?",
    ),
    "location": (
        "Where in the cell does its protein work?",
        "Where is the protein found?",
        "Where is its protein located?",
        "What is the cellular location of the protein?",
        "In which compartment is the protein?",
        "Which part of the cell does the protein belong to?",
        "Where does it act?",
        "Which organelle does the protein live in?",
        "Where is the product of this gene localized?",
        "where is the protein located",
        "location?",
    ),
}
