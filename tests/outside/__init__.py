"""The example of a flavor from outside: `pyproject.toml`, `tinyos.py` and `specs/` are a distribution of their own."""
