"""When several errors apply at once, which wins: conditions alone and in pairs, run on flavors.

It runs scenarios and makes tables of what came out; it imports no report, and only what stands below the harness.
"""

from __future__ import annotations
