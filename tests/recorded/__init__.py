"""Compares the flavors with what the C of the four kern_fork.c listings did; see README.md."""
