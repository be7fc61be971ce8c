"""The two ways in which work ends early on purpose: a person's mistake, and a person's wish to stop."""


class UserError(Exception):
    """Something a person can mend.

    `message` is one sentence that says what is wrong, `where` names the place (file, row, field, option) and
    `hint` says what to do. The command line prints the three and exits with 2; the desk shows them beside the field.
    """

    def __init__(self, message: str, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def as_dict(self) -> dict[str, str]:
        """The JSON form: the keys `message`, `hint` and `where`."""
        return {"message": self.message, "hint": self.hint, "where": self.where}

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.hint}" if self.hint else ""
        return f"{place}{self.message}{advice}"


class Stopped(Exception):
    """Raised by a workflow function that has saved its work because `run.should_stop()` became true."""
