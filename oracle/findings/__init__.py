"""The catalogue of findings: what differs, which finding claims it, what is new, what in the catalogue is stale.

It may not import what reads files, sweeps or reports."""
