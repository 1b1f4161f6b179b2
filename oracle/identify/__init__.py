"""Whose facts are these? Observed facts against what flavors do, and what well-known wrong implementations of them would do.

It may not import what reports or what parses command lines, and no flavor: a mistake is made on whatever flavor there is."""
