"""Whether a search finds a mistake in one decision: `python -m tests.planted`. No tests: pytest collects nothing here."""
