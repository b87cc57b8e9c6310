"""Settings, keymap, saved state: read, check, explain what is wrong where."""
