"""Pure data and Protocols: no I/O, no Textual, no OpenStack."""
