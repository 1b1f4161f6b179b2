"""The source map: for each C source, which lines are modelled, left out with a reason, not accounted for, and exercised.

May import what runs scenarios, and below; no report, no command line.
"""
