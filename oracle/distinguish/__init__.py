"""The shortest programs that tell two flavors apart: all programs over a finite alphabet, the short ones first.

It may not import what reports or what parses command lines, and no library beside the standard one."""
