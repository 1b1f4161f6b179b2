"""The HTML report in a real browser. Skipped where there is none."""
