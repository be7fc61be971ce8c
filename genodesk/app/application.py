"""The one application object, for those who listen to it."""

from PySide6.QtWidgets import QApplication


def application() -> QApplication:
    """The application, which is made before every window."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
