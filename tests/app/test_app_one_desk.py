"""One desk for each home: a second start hands over its files and ends; what a killed desk left is no obstacle."""

import json
import subprocess
import sys
import time


def start(*paths):
    return subprocess.Popen([sys.executable, "-m", "genodesk.app.main", *map(str, paths)])


def remembered(home, key):
    try:
        return json.loads((home / "desk.json").read_text()).get(key)
    except (OSError, ValueError):
        return None


async def test_a_second_start_hands_its_file_over_even_after_a_desk_was_killed(home, tmp_path, until):
    file = tmp_path / "cells of 2.csv"
    file.write_text("cell,age\na,1\nb,2\n")
    killed = start()
    try:
        await until(lambda: remembered(home, "page"), 20)
    finally:
        killed.kill()
        killed.wait()
    first = start()
    try:
        time.sleep(2)
        assert first.poll() is None, "a socket that a killed desk left is removed"
        second = start(file)
        assert second.wait(20) == 0
        await until(lambda: (remembered(home, "page data") or {}).get("path") == str(file), 20)
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()
