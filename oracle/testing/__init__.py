"""The conformance kit: what every flavor is run through, ours and anybody's. Needs no test framework; with pytest:

@pytest.mark.parametrize("requirement", conformance(FLAVOR), ids=str)
def test_conformance(requirement):
    requirement.check()
"""

from __future__ import annotations

from oracle.testing.conformance import NotConforming, Requirement, conformance

__all__ = ["NotConforming", "Requirement", "conformance"]
