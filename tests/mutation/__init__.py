"""Mutation testing of flavors/: `python -m tests.mutation`. A tool, no tests: pytest collects nothing here."""
