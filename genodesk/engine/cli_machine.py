"""What `devices`, `doctor`, `selftest` and `inspect` print."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.cli_print import document_lines, note, print_document, print_json, say, table_lines
from genodesk.engine.devices import ORDER, devices_document, pick, probe

_FOR_SETTINGS = ("setting", "classes", "splits", "tables")  # of a description: what forms offer to choose from


def show_devices(deep: bool, as_json: bool) -> int:
    """Prints what there is and what `auto` takes; `deep` tries each. Exit code 1 if one computes wrongly."""
    machine = probe()
    document = devices_document(machine)
    if deep:
        document["tried"] = [_tried(pick(kind, machine).torch_name) for kind in ORDER if machine.ready(kind)]
    if as_json:
        print_json(document)
    else:
        say("\n".join(document_lines(document)))
    return 0 if all(check["passed"] for check in document.get("tried", [])) else 1


def show_doctor(as_json: bool) -> int:
    """Prints every finding, the remedies below. Exit code 1 if something does not work."""
    from genodesk.engine.doctor import examine, report

    findings = examine()
    document = report(findings)
    if as_json:
        print_json(document)
    else:
        say("\n".join(table_lines([{"": f.name, "state": f.state, "found": f.found} for f in findings])))
        for finding in findings:
            if finding.remedy:
                say(f"{finding.name}: {finding.remedy}")
        say("All is well." if document["well"] else "Some things need mending, see above.")
    return 0 if document["well"] else 1


def show_selftest(name: str, as_json: bool) -> int:
    """Prints whether the device computes what the processor computes. Exit code 1 if it does not."""
    from genodesk.engine.selftest import selftest

    device = pick(name)
    if not as_json:
        note(f"Trying {device.name} ({device.torch_name})")
    answer = selftest(device.torch_name)
    passed = all(check["passed"] for check in answer["checks"])
    if as_json:
        print_json({"device": asdict(device), "passed": passed, "checks": answer["checks"]})
    else:
        say("\n".join(table_lines(answer["checks"])))
        say(f"{device.torch_name} {'computes' if passed else 'does not compute'} as it should.")
    return 0 if passed else 1


def _tried(torch_name: str) -> dict[str, Any]:
    """What came of a small product on a device."""
    from genodesk.engine.selftest import selftest

    try:
        (check,) = selftest(torch_name, ("matmul",))["checks"]
    except UserError as error:
        return {"device": torch_name, "passed": False, "text": error.message}
    return {"device": torch_name, **check}


def show_inspection(file: Path, as_json: bool) -> int:
    """What a file is. People are spared what only settings are filled from, and read short tables as tables."""
    from genodesk.engine.inspection import inspect_file

    found = inspect_file(file)
    if as_json or "facts" not in found:
        print_document(found, as_json)
        return 0
    shown = {name: value for name, value in found.items() if value and name not in _FOR_SETTINGS}
    shown["facts"] = dict(found["facts"])
    for one in shown.pop("overviews", ()):
        shown[one["title"]] = [dict(zip(one["columns"], row, strict=True)) for row in one["rows"]]
    print_document(shown, as_json=False)
    return 0
