"""The card of computing: what this computer has, what is ready, and what runs and answers use unless told."""

from typing import Any

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

from genodesk.app.desk import Desk
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, FactsTable, button, label, row
from genodesk.core.errors import UserError

KINDS = ("auto", "cuda", "npu", "mps", "cpu")


class ComputingCard(Card):
    """The choice is `default_device` of the desk's settings; a device that is not ready cannot be chosen."""

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__(self.tr("Computing"), button(self.tr("Look again"), self._look, kind="link"))
        self._desk = desk
        self._tasks = tasks
        self._known = False
        self.device = QComboBox()
        self.device.setAccessibleName(self.tr("New runs and answers compute on"))
        self._titles = {
            "auto": self.tr("The best that is ready"),
            "cuda": self.tr("NVIDIA GPU"),
            "npu": self.tr("Ascend NPU"),
            "mps": self.tr("Apple GPU"),
            "cpu": self.tr("Processor"),
        }
        for kind in KINDS:
            self.device.addItem(self._titles[kind], kind)
        self.device.setCurrentIndex(KINDS.index(self._chosen()))
        self.device.activated.connect(lambda _number: desk.settings.set("default_device", self.device.currentData()))
        self.facts = FactsTable()
        self.said = label(self.tr("Looking at this computer…"), "small", mute=True, wrap=True)
        self.body.addLayout(row(label(self.tr("New runs and answers compute on")), self.device, 1, spacing=16))
        self.body.addWidget(self.facts)
        self.body.addWidget(self.said)

    def look(self) -> None:
        """Asks what there is, once."""
        if not self._known:
            self._look()

    def _chosen(self) -> str:
        chosen = self._desk.settings.get("default_device", "auto")
        return chosen if chosen in KINDS else "auto"

    def _look(self) -> None:
        self.said.setText(self.tr("Looking at this computer…"))
        self.said.show()
        self._tasks.start(self._ask(), "devices", on_error=self._tell)

    async def _ask(self) -> None:
        self._show(await self._desk.engine.ask("devices"))
        self._known = True

    def _tell(self, error: UserError) -> None:
        self.said.setText(f"{error.message} {error.hint}".strip())

    def _show(self, found: dict[str, Any]) -> None:
        missing: dict[str, str] = found.get("missing", {})
        chosen = found.get("chosen", {})
        self.facts.set_rows(
            [
                (
                    self.tr("Processor"),
                    self.tr("{name}, {n} cores").format(name=found["processor"] or "CPU", n=found["cores"]),
                ),
                (self.tr("Memory"), _of(found["free_memory_mb"], found["memory_mb"], self.tr("{a} of {b} GB free"))),
                *(self._accelerator(each, missing) for each in found.get("accelerators", [])),
                (self.tr("Best that is ready"), str(chosen.get("name") or self.tr("nothing")), "accent"),
            ]
        )
        listed = self.device.model()
        assert isinstance(listed, QStandardItemModel)
        for number, kind in enumerate(KINDS):
            reason = missing.get(kind, "")
            item = listed.item(number)
            item.setEnabled(not reason)
            item.setToolTip(reason)
            title = self._titles[kind]
            self.device.setItemText(number, f"{title} ({self.tr('not ready')})" if reason else title)
        said = [reason for kind, reason in missing.items() if kind != "cpu" or not chosen.get("kind")]
        self.said.setText(" ".join(said))
        self.said.setVisible(bool(said))

    def _accelerator(self, each: dict[str, Any], missing: dict[str, str]) -> tuple[str, ...]:
        name = f"{self._titles[each['kind']]} {each['index']}"
        if each["kind"] in missing:
            return name, self.tr("{name}, not ready").format(name=each["name"]), "warn"
        memory = _of(each.get("free_memory_mb"), each.get("memory_mb"), self.tr("{a} of {b} GB free"))
        return name, ", ".join(part for part in (each["name"], memory) if part), "good"


def _of(free: int | None, total: int | None, words: str) -> str:
    return words.format(a=f"{(free or 0) / 1024:,.1f}", b=f"{total / 1024:,.1f}") if total else ""
