"""The embedded demo cloud: a make-believe OpenStack that speaks real HTTP from a process of its own.

Nothing is imported here, so that asking for `tui.demo.process` never loads the HTTP server library.
"""
