"""What an action works on, a file or made-up data: the rule that is the same in every workflow."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.settings import Settings


class SourceSettings(Settings):
    """A file or made-up data, never both.

    A workflow's own class declares `data` and `difficulty` anew, in its words and with its choices, and says in
    `made_up` what its made-up data are called, in `named` what is named instead and how.
    """

    data: Path | None = None
    difficulty: str | None = None
    made_up: ClassVar[str] = "synthetic data"
    named: ClassVar[str] = "a file with --data FILE"

    @property
    def given(self) -> bool:
        """Whether either was named."""
        return self.data is not None or self.difficulty is not None

    @classmethod
    def missing(cls) -> UserError:
        """What to say where neither was named and one is needed."""
        return UserError(
            "No data are given.",
            f"Name {cls.named}, or try {cls.made_up} with --difficulty demo.",
            "--data",
        )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.data is not None and self.difficulty is not None:
            raise UserError(
                f"Both --data and {self.made_up} are given.", "Keep --data or --difficulty, not both.", "--data"
            )
        return self
