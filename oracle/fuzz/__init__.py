"""The search for divergences that nobody thought of: random machines and programs, what is known subtracted, the rest shrunk.

It imports the sweep and what stands below it, and the standard library; no Hypothesis, which takes milliseconds for a case.
"""
