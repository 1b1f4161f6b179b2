"""DragonFly BSD: the kernel around fork1, shared by its revisions, and a package for each revision (r1_62, r1_67, r768af85b).
What the first two alone share is in `early`.

May import oracle.machine, oracle.flavor, oracle.cite, oracle.calls, oracle.scenario, and nothing of another system.
"""
