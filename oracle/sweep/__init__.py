"""Sweeps: all of a finite space of calls, from each of a set of machine states, on several flavors; questions about that.

It imports the harness and what stands below it, the standard library, and `distributed` alone where a cluster is asked for.
"""
