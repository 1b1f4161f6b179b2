"""Hypothesis strategies for anybody's tests: flag words, intents, machine states, calls, whole programs, faults, process trees.

They need the package hypothesis, and nothing else under `oracle` imports them. What they draw is valid by construction: no
scenario made of it is refused, and a flavor that it was drawn for models the machine that it starts on.
"""

from oracle.strategies.programs import calls, programs
from oracle.strategies.starts import Start, machines, starts
from oracle.strategies.tree import ProcessTree
from oracle.strategies.words import faults, flag_words, intents

__all__ = ["ProcessTree", "Start", "calls", "faults", "flag_words", "intents", "machines", "programs", "starts"]
