"""Draft: settings on their way. It keeps what a person chose apart from what preset and defaults give.

Values that make no sense stay as they were typed, so that nothing is lost. It checks nothing and draws nothing.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, flatten, nest, starting_values
from genodesk.core.settings import Leaf, Settings, leaves
from genodesk.core.workflow import Action, Workflow


class Draft(QObject):
    """The settings of one action of one workflow. `changed` names the setting, or is empty where many changed.

    `preferred` are values that a person wants wherever nothing else is said, for example a device.
    """

    changed = Signal(str)

    def __init__(
        self,
        workflow: Workflow,
        action: Action,
        parent: QObject | None = None,
        *,
        preferred: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(parent)
        self.workflow = workflow
        self.action = action
        self.leaves: dict[str, Leaf] = {leaf.name: leaf for leaf in leaves(action.settings)}
        self.preset = "standard"
        self.fitted_to = ""  # the data file whose columns were proposed last
        self.run_name = ""  # how the person wants the run and its folder called; both may stay empty
        self.run_folder = ""
        self._preferred = dict(preferred or {})
        self._base = self._values_of_preset()
        self._own: dict[str, Any] = self._differing(self._preferred)

    def value(self, name: str) -> Any:
        """The JSON value now, or the text that was typed where it is no value."""
        return self._own.get(name, self._base[name])

    def base(self, name: str) -> Any:
        """The value that preset and defaults give."""
        return self._base[name]

    def is_changed(self, name: str) -> bool:
        """Whether the person chose something else than the preset."""
        return bool(self._own.get(name, self._base[name]) != self._base[name])

    @property
    def changed_names(self) -> list[str]:
        """The settings that differ from the preset, in the order of declaration."""
        return [name for name in self.leaves if self.is_changed(name)]

    @property
    def is_touched(self) -> bool:
        """Whether there is anything worth keeping."""
        own = self._own != self._differing(self._preferred)
        return own or self.preset != "standard" or bool(self.run_name or self.run_folder)

    def set(self, name: str, value: Any) -> None:
        """Chooses a value by hand."""
        if value == self.value(name) and type(value) is type(self.value(name)):
            return
        if value == self._base[name]:
            self._own.pop(name, None)
        else:
            self._own[name] = value
        self.changed.emit(name)

    def reset(self, name: str) -> None:
        """Goes back to what the preset gives."""
        if name in self._own:
            del self._own[name]
            self.changed.emit(name)

    def reset_all(self) -> None:
        """Forgets everything that was chosen by hand."""
        self.restore({})

    def set_preset(self, name: str) -> None:
        """Starts from another preset; what was chosen by hand stays. Raises UserError for a name that is none."""
        self.action.preset(name)
        if name != self.preset:
            self.preset = name
            self._base = self._values_of_preset()
            self.changed.emit("")

    def fill(self, layer: Layer, preset: str | None = None) -> None:
        """Takes up the values of a layer: with a preset in place of everything chosen so far, else on top of it.

        Raises UserError for a setting or a preset that does not exist, and changes nothing then.
        """
        flat = flatten(self.action.settings, layer)
        if preset is not None:
            self.action.preset(preset)
            self.preset = preset
            self._base = self._values_of_preset()
            self._own = dict(self._preferred)
            self.fitted_to = ""
        self._own = self._differing(self._own | flat)
        self.changed.emit("")

    def nested(self) -> dict[str, Any]:
        """What was chosen by hand, in its groups: with the preset all that the engine needs."""
        return nest(self.action.settings, self._own)

    def as_request(self) -> dict[str, Any]:
        """All that the engine needs to build the settings, by the names that its questions have for it."""
        return {
            "workflow": self.workflow.name,
            "action": self.action.name,
            "values": self.nested(),
            "preset": self.preset,
        }

    def settings(self) -> Settings:
        """The complete settings. Raises UserError where a value makes no sense."""
        preset = Layer(self.action.preset(self.preset), f"preset {self.preset}")
        return build(self.action.settings, preset, Layer(self.nested()))

    def state(self) -> dict[str, Any]:
        """What comes back after a restart, as JSON values."""
        return {
            "workflow": self.workflow.name,
            "action": self.action.name,
            "preset": self.preset,
            "values": dict(self._own),
            "fitted_to": self.fitted_to,
            "run_name": self.run_name,
            "run_folder": self.run_folder,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up a state; settings that no longer exist are left out, an empty state is the beginning."""
        try:
            self.set_preset(str(state.get("preset", "standard")))
        except UserError:  # a preset of another version
            self.set_preset("standard")
        values = state.get("values", self._preferred)
        self._own = self._differing({name: value for name, value in values.items() if name in self.leaves})
        self.fitted_to = str(state.get("fitted_to", ""))
        self.run_name, self.run_folder = str(state.get("run_name", "")), str(state.get("run_folder", ""))
        self.changed.emit("")

    def _differing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value != self._base[name]}

    def _values_of_preset(self) -> dict[str, Any]:
        return starting_values(self.action.settings, Layer(self.action.preset(self.preset), f"preset {self.preset}"))
