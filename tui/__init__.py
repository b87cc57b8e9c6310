"""stackdeck: a live terminal dashboard over every OpenStack cloud and region."""

__version__ = "0.1.0"
