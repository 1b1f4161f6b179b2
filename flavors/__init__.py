"""Models of kernel revisions, one package a system. May import oracle.machine, oracle.flavor, oracle.cite, oracle.calls,
oracle.scenario and oracle.facts, and the standard library; never each other, never the rest of oracle."""
