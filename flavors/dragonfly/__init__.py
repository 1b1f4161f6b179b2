"""DragonFly BSD: the kernel around fork1, shared by its revisions, and one package a revision (r1_62, r1_67, r768af85b); `early`
is what the first two share. May import oracle.machine, oracle.flavor, oracle.cite, oracle.calls, oracle.scenario, and nothing of
another system."""
