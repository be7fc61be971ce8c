"""The doctor finds what does not work and names a remedy for each."""

import os

from genodesk.engine.devices import TorchBuild, probe
from genodesk.engine.doctor import Finding, examine, report


def finding(findings: list[Finding], name: str) -> Finding:
    return next(found for found in findings if found.name == name)


def test_a_healthy_installation_is_well():
    findings = examine()
    assert report(findings)["well"] is True
    assert finding(findings, "workflow toy").state == "ok"
    assert finding(findings, "Python").state == "ok"


def test_every_finding_that_is_not_ok_has_a_remedy(tmp_path, monkeypatch):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("numpy==1.0.0\nabsent-package==3.0\n")
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    findings = examine(probe(torch=TorchBuild()), constraints)

    assert report(findings)["well"] is False
    assert finding(findings, "device").state == "problem"
    assert finding(findings, "threads").state == "note"
    assert "numpy" in finding(findings, "tested versions").found
    assert "absent-package" not in finding(findings, "tested versions").found
    assert all(found.remedy for found in findings if found.state != "ok")


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path, monkeypatch):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("GENODESK_HOME", str(in_the_way / "home"))
    found = finding(examine(), "folder of runs")
    assert found.state == "problem"
    assert "GENODESK_HOME" in found.remedy


def test_looking_leaves_nothing_behind(home):
    examine()
    assert not os.path.lexists(home)
