"""The only importer of Textual: app, screens, widgets, dialogs."""
