"""The proof: rings from pure to the real terminal (CONTRIBUTING.md)."""
