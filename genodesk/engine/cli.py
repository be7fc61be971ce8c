"""`genodesk-engine`: the one command of the engine. Finds the command, runs it, and turns whatever happens into words.

Light at start: what a command needs is imported when it runs. Exit codes: 0 done, 1 failed, 2 wrong input, 3 stopped.
"""

import io
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Group

from genodesk import __version__
from genodesk.core.errors import UserError
from genodesk.core.workflow import Workflow, get_workflow, workflow_names
from genodesk.engine.cli_commands import commands
from genodesk.engine.cli_mistakes import in_words, unknown_command
from genodesk.engine.cli_print import note, print_error


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that cannot be shown must not end the program
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    as_json = "--json" in words or words[:1] == ["submit"]
    workflow: Workflow | None = None
    try:
        app = _root(words)
        if words and words[0] in workflow_names() and words[0] not in commands():
            workflow = get_workflow(words[0])
            app = _workflow_app(workflow, words)
            words = words[1:]
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        return code if isinstance(code, int) else 0
    except UserError as error:
        print_error(error, as_json)
        return 2
    except CycloptsError as error:
        print_error(in_words(error, workflow), as_json)
        return 2
    except KeyboardInterrupt:
        return 3
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception:  # a fault of ours: one calm sentence, the rest in a file
        print_error(_fault(), as_json)
        return 1


def _root(words: Sequence[str]) -> App:
    """The whole tree of fixed commands, and the workflows as a list."""
    app = App(
        name="genodesk-engine",
        help="Train, question and look at genomics models.",
        version_flags=["--version"],
        version=__version__,
        help_format="plaintext",
        group_commands=Group("Commands", sort_key=1),
    )
    for name, command in commands().items():
        app.command(command, name=name) if not isinstance(command, App) else app.command(command)
    asking_for_help = not words or words[0].startswith("-")
    if not asking_for_help and words[0] not in app and words[0] not in workflow_names():
        raise unknown_command(words[0], [*commands(), *workflow_names()])
    panel = Group("Workflows", sort_key=0)
    for name in workflow_names():
        app.command(App(name=name, help=_summary(name) if asking_for_help else "", group=panel, version_flags=[]))
    return app


def _workflow_app(workflow: Workflow, words: Sequence[str]) -> App:
    from genodesk.engine.cli_workflows import workflow_app

    def start(asked: Any) -> int:
        from genodesk.engine.cli_runs import start as begin

        return begin(asked)

    named = words[1] if len(words) > 1 and not words[1].startswith("-") else ""
    if named:
        workflow.action(named)
    return workflow_app(workflow, named, start)


def _summary(name: str) -> str:
    try:
        workflow = get_workflow(name)
    except Exception:  # a workflow of somebody else may fail in any way; the help must still be readable
        return "cannot be loaded; see genodesk-engine doctor"
    return f"{workflow.title}. {workflow.summary}"


def _fault() -> UserError:
    """The sentence for an unforeseen failure, whose traceback is saved in the cache folder."""
    from genodesk.core.ids import new_run_id
    from genodesk.jobs.places import cache

    text = traceback.format_exc()
    path = cache() / "faults" / f"{new_run_id()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return UserError("Something went wrong inside Genodesk.", f"The details are in {path}; please report them.", "")
    except OSError:
        note(text)
        return UserError("Something went wrong inside Genodesk.", "Please report the lines above.", "")


if __name__ == "__main__":
    sys.exit(main())
