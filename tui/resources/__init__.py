"""The registry: one module of declarations per kind of resource."""
