"""Names of themes, for the command line and the settings; a module of its own since `--help` imports nothing heavy."""

THEMES = ("stackdeck-dark", "stackdeck-light", "high-contrast", "ansi", "mono")
"""What `--theme` takes; `tui.ui.themes` has them."""
