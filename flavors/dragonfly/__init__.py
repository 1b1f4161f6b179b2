"""DragonFly BSD: the kernel around fork1, shared by its revisions, and one package a revision (r768af85b, …).
May import oracle.machine, oracle.flavor, oracle.cite, oracle.calls, oracle.scenario, and nothing of another system."""
