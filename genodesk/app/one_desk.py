"""One desk for each home: a second start hands its files over to the desk that is open, and ends."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from genodesk.jobs.places import home

_REACHED_MS = 300
_HEARD_MS = 5000  # a desk that is just starting needs a moment
_MOST_BYTES = 1_000_000
_HEARD = b"heard\n"


def hand_over(paths: Sequence[Path]) -> bool:
    """Asks the desk that is open to show the paths; False where none is, or where it does not answer."""
    line = QLocalSocket()
    line.connectToServer(_name())
    if not line.waitForConnected(_REACHED_MS):
        return False
    line.write(json.dumps([str(path.absolute()) for path in paths]).encode() + b"\n")
    line.flush()
    while not line.canReadLine():
        if not line.waitForReadyRead(_HEARD_MS):
            return False
    return bool(line.readLine().data() == _HEARD)


class OneDesk(QObject):
    """Listens for later starts of the same person with the same home. `asked` brings their paths."""

    asked = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._take)
        if not self._server.listen(_name()):
            QLocalServer.removeServer(_name())  # nobody answers there: a desk that was killed left it behind
            self._server.listen(_name())

    def close(self) -> None:
        """The next start is a desk of its own."""
        self._server.close()

    def _take(self) -> None:
        while (line := self._server.nextPendingConnection()) is not None:
            line.readyRead.connect(lambda line=line: self._read(line))
            line.disconnected.connect(line.deleteLater)
            self._read(line)

    def _read(self, line: QLocalSocket) -> None:
        if not line.canReadLine():
            if line.bytesAvailable() > _MOST_BYTES:
                line.abort()
            return
        try:
            told = json.loads(bytes(line.readLine().data()))
        except ValueError:
            told = None
        if not isinstance(told, list) or not all(isinstance(path, str) for path in told):
            line.abort()
            return
        line.write(_HEARD)
        line.flush()
        self.asked.emit([Path(path) for path in told])


def _name() -> str:
    """Where the desk of this home listens: in the person's own folder of the system where there is one."""
    name = "genodesk-" + hashlib.sha256(os.fsencode(home())).hexdigest()[:16]
    folder = "" if os.name == "nt" else QStandardPaths.writableLocation(QStandardPaths.StandardLocation.RuntimeLocation)
    return f"{folder}/{name}" if folder else name
