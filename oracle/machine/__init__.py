"""The simulated computer that all flavors share. Knows no system; imports nothing of the project but oracle.errors.
Nothing from the host: no os, time, random, errno; order comes from serial numbers."""
