"""The installed command in a real pty: what a user sees."""
