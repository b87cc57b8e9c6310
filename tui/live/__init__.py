"""Feeds, the fleet and the view: what is live. Knows no Textual.

Import what you need from the modules: `tui.live.feeds.Feeds` asks, `tui.live.fleet.Fleet` merges, `tui.live.view.View`
orders; `tui.live.reading.read_all` is for `get`, `tui.live.find.find` for `:find`.
"""
