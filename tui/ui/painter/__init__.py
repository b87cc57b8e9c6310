"""The painter: the app's output through a cell diff, so that a changed status costs tens of bytes, not kilobytes."""

from tui.ui.painter.mixin import Painted
from tui.ui.painter.terminal import Terminal

__all__ = ["Painted", "Terminal"]
