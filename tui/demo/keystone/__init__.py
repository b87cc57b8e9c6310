"""Keystone v3: logging in, scopes, the catalog, and who and what there is."""
