"""What is wrong with a command line, in words: unknown words, options without value, values of the wrong kind.

Must not import what a command needs to run.
"""

from collections.abc import Sequence

from cyclopts import CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.core.workflow import Workflow

PLACE = "command line"


def unknown_command(name: str, known: Sequence[str]) -> UserError:
    """The error for a first word that is neither a command nor a workflow."""
    hint = did_you_mean(name, known, "`genodesk-engine --help` lists what there is.")
    return UserError(f"There is no command or workflow called {name or repr(name)}.", hint, PLACE)


def in_words(error: CycloptsError, workflow: Workflow | None) -> UserError:
    """The error of the command line's reader in our form. `workflow` is the one whose action was named, if any."""
    chain = list(error.command_chain or ())
    command = " ".join(["genodesk-engine", *([workflow.name] if workflow else []), *chain])
    usage = f"`{command} --help` shows how it is used."
    if isinstance(error, UnknownOptionError):
        written = (error.token.keyword or error.token.value).partition("=")[0]
        options = [name for argument in error.argument_collection for name in argument.names]
        return _unknown_option(written, did_you_mean(written.replace("_", "-"), options, usage))
    if isinstance(error, UnknownCommandError):
        word = (error.unused_tokens or [""])[0]
        known = [name for name in error.app or () if not name.startswith("-")]
        if word.startswith("-"):
            return _unknown_option(word, usage)
        hint = did_you_mean(word, known, f"Choose one of {', '.join(known)}.")
        return UserError(f"`{command}` knows no {word.strip()}.", hint, PLACE)
    if isinstance(error, UnusedCliTokensError):
        return UserError(f"{' '.join(error.unused_tokens or ())} is more than `{command}` takes.", usage, PLACE)
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        return UserError(f"{name} needs a value." if error.keyword else f"{name} is missing.", usage, PLACE)
    if isinstance(error, CoercionError) and error.token is not None and error.token.keyword:
        kind = {int: "a whole number", float: "a number", bool: "yes or no"}.get(
            error.target_type or str, "of its kind"
        )
        return UserError(f"{error.token.keyword} is {error.token.value!r}, which is not {kind}.", usage, PLACE)
    if isinstance(error, RepeatArgumentError):
        return UserError(f"{error.token.keyword} is given more than once.", "Give it once.", PLACE)
    error.verbose = False
    return UserError(" ".join(str(error).split()), usage, PLACE)


def _unknown_option(written: str, hint: str) -> UserError:
    return UserError(f"There is no option called {written}.", hint, PLACE)
