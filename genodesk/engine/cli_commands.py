"""The fixed commands of `genodesk-engine`: their words, options and help. Each imports what it needs when it runs."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from genodesk import __version__
from genodesk.core.errors import UserError
from genodesk.engine.cli_print import print_document, print_json, say

PROTOCOL = 1  # what `submit`, `serve`, `runs ... --json` and `unpack` speak
MOST_UNPACKED = 1 << 40

Json = Annotated[
    bool, Parameter(name="--json", negative=(), show_default=False, help="Print one JSON document instead of text.")
]
Yes = Annotated[bool, Parameter(negative=(), show_default=False, help="Do not ask.")]
Detach = Annotated[
    bool, Parameter(negative=(), show_default=False, help="Print the run's id and folder and return at once.")
]
RunName = Annotated[str, Parameter(metavar="RUN", help="Folder, id or folder name of a run.")]


def commands() -> dict[str, Any]:
    """Every fixed command by its word: a function, or an app that holds more words."""
    return {
        "version": version,
        "devices": devices,
        "doctor": doctor,
        "selftest": selftest,
        "demo": demo,
        "inspect": inspect,
        "serve": serve,
        "submit": submit,
        "run": run_settings,
        "runs": _runs_app(),
        "weights": _weights_app(),
        "render": render,
        "unpack": unpack,
    }


def version(*, json: Json = False) -> int:
    """The version of this engine."""
    document = {"version": __version__, "protocol": PROTOCOL, "python": ".".join(map(str, sys.version_info[:3]))}
    if json:
        print_json(document)
    else:
        say(__version__)
    return 0


def devices(
    *,
    deep: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Also compute a little on each device.")
    ] = False,
    json: Json = False,
) -> int:
    """Which devices this computer has, and which one would compute."""
    from genodesk.engine.cli_machine import show_devices

    return show_devices(deep, json)


def doctor(*, json: Json = False) -> int:
    """Look over the installation and say what to mend."""
    from genodesk.engine.cli_machine import show_doctor

    return show_doctor(json)


def selftest(
    device: Annotated[
        str, Parameter(metavar="DEVICE", help="auto, cpu, cuda, mps or npu. [default auto]", show_default=False)
    ] = "auto",
    *,
    json: Json = False,
) -> int:
    """Compare what a device computes with what the processor computes."""
    from genodesk.engine.cli_machine import show_selftest

    return show_selftest(device, json)


def demo(
    *,
    out: Annotated[
        Path,
        Parameter(
            metavar="FOLDER",
            help="New or empty folder, or that of an earlier demonstration. [default demo]",
            show_default=False,
        ),
    ] = Path("demo"),
    json: Json = False,
) -> int:
    """See every workflow work on data that the program makes itself."""
    from genodesk.engine.demo import run_demo

    return run_demo(out, json)


def inspect(
    file: Annotated[Path, Parameter(metavar="FILE", help="Data file, store, weights, run or model.")],
    /,
    *,
    json: Json = False,
) -> int:
    """What a file or folder is and what is in it."""
    from genodesk.engine.cli_machine import show_inspection

    return show_inspection(file, json)


def serve(
    *,
    with_models: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Also keep models warm; memory is not bounded then.")
    ] = False,
) -> int:
    """Answer questions as JSON-RPC lines on standard input and output, until the input ends."""
    from genodesk.engine.serve import serve as answer

    answer(with_models=with_models)


def submit() -> int:
    """Start the run that a JSON request on standard input describes; print its status."""
    from genodesk.engine.cli_runs import MAXIMUM_REQUEST, submit_request

    print_json(submit_request(sys.stdin.buffer.read(MAXIMUM_REQUEST + 1)).model_dump(mode="json"))
    return 0


def run_settings(
    file: Annotated[Path, Parameter(metavar="SETTINGS.yaml", help="Settings file that names its workflow and action.")],
    /,
    *,
    run_dir: Annotated[
        Path | None, Parameter(metavar="FOLDER", help="New or empty folder for the run.", show_default=False)
    ] = None,
    detach: Detach = False,
    json: Json = False,
) -> int:
    """Start the run a settings file describes."""
    from genodesk.engine.cli_runs import run_file

    return run_file(file, run_dir, detach, json)


def render(
    figure: Annotated[Path, Parameter(metavar="FIGURE.json", help="A figure of a run, in RUN/figures.")],
    /,
    *,
    out: Annotated[Path, Parameter(metavar="FILE", help="Ends in .png, .svg, .pdf or .csv.")],
    width: Annotated[
        str | None, Parameter(metavar="WIDTH", help="A journal's single or double column, or mm.", show_default=False)
    ] = None,
    dpi: Annotated[
        int, Parameter(metavar="DPI", help="Dots per inch of a PNG. [default 300]", show_default=False)
    ] = 300,
    json: Json = False,
) -> int:
    """Draw a figure as PNG, SVG, PDF, or write its numbers as CSV."""
    from genodesk.engine.render import render as draw

    draw(figure, out, width=width, dpi=dpi)
    print_document({"written": str(out)}, json)
    return 0


def unpack(
    source: Annotated[
        str, Parameter(metavar="TAR", help="A tar file, or - for standard input.", allow_leading_hyphen=True)
    ],
    folder: Annotated[Path, Parameter(metavar="FOLDER", help="New folder for its files.")],
    /,
    *,
    most_bytes: Annotated[
        int, Parameter(metavar="BYTES", help="Refuse more than this.", show_default=False)
    ] = MOST_UNPACKED,
    json: Json = False,
) -> int:
    """Unpack a tar stream that may come from anywhere: plain files only, all of it or nothing."""
    from genodesk.engine.unpack import unpack as write

    if source == "-":
        done = write(sys.stdin.buffer, folder, most_bytes=most_bytes)
    else:
        try:
            with Path(source).open("rb") as stream:
                done = write(stream, folder, most_bytes=most_bytes, source=source)
        except FileNotFoundError:
            raise UserError("There is no such file.", "Check the path.", source) from None
    print_document({"folder": str(folder), "files": done.files, "bytes": done.bytes}, json)
    return 0


def _runs_app() -> App:
    app = App(
        name="runs", help="List, follow, stop, resume and delete runs.", version_flags=[], help_format="plaintext"
    )

    @app.command(name="list")
    def list_runs(*, json: Json = False) -> int:
        """Every run, newest first."""
        from genodesk.engine import cli_runs

        return cli_runs.list_runs(json)

    @app.command
    def show(run: RunName, /, *, json: Json = False) -> int:
        """The state of one run, its numbers and its result."""
        from genodesk.engine import cli_runs

        return cli_runs.show(cli_runs.find_run(run), json)

    @app.command
    def watch(run: RunName, /, *, json: Json = False) -> int:
        """Follow a run until it ends; with --json its events as lines."""
        from genodesk.engine import cli_runs

        return cli_runs.watch(cli_runs.find_run(run), json)

    @app.command
    def stop(
        run: RunName,
        /,
        *,
        now: Annotated[bool, Parameter(negative=(), show_default=False, help="Do not save first.")] = False,
        json: Json = False,
    ) -> int:
        """Ask a run to save its work and stop."""
        from genodesk.engine import cli_runs

        return cli_runs.request(cli_runs.find_run(run), "stop-now" if now else "stop", json)

    @app.command
    def pause(run: RunName, /, *, json: Json = False) -> int:
        """Ask a run to save its work and free its device."""
        from genodesk.engine import cli_runs

        return cli_runs.request(cli_runs.find_run(run), "pause", json)

    @app.command
    def resume(run: RunName, /, *, detach: Detach = False, json: Json = False) -> int:
        """Go on with a run that was stopped, paused or failed."""
        from genodesk.engine import cli_runs

        return cli_runs.resume_run(cli_runs.find_run(run), detach, json)

    @app.command
    def delete(run: RunName, /, *, yes: Yes = False, json: Json = False) -> int:
        """Delete a run's folder."""
        from genodesk.engine import cli_runs

        return cli_runs.delete(cli_runs.find_run(run), yes, json)

    return app


def _weights_app() -> App:
    app = App(
        name="weights",
        help="Look into weights files and convert them, never running them.",
        version_flags=[],
        help_format="plaintext",
    )

    @app.command(name="inspect")
    def inspect_file(
        file: Annotated[Path, Parameter(metavar="FILE", help="Weights.")], /, *, json: Json = False
    ) -> int:
        """Names, shapes and sizes of the tensors in a file."""
        from genodesk.engine.weights import inspect_weights

        print_document(inspect_weights(file), json)
        return 0

    @app.command
    def convert(
        file: Annotated[
            Path,
            Parameter(metavar="FILE", help="A .pt, .pth, .bin or .ckpt file, or a model's folder with such files."),
        ],
        out: Annotated[Path, Parameter(metavar="OUT.safetensors", help="New file; of a folder, a new folder.")],
        /,
        *,
        json: Json = False,
    ) -> int:
        """Write the tensors of a pickled file, or of a model's folder, as safetensors."""
        from genodesk.engine.weights import convert_weights
        from genodesk.engine.weights_folder import convert_folder

        print_document(convert_folder(file, out) if file.is_dir() else convert_weights(file, out), json)
        return 0

    return app
