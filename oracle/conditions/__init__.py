"""What can make a call fail: conditions as values, and those that can be had on any system.

It knows scenarios, and no flavor: flavors bring conditions of their own.
"""

from __future__ import annotations

from oracle.conditions.values import CALLER, Condition, Trial, with_flags

__all__ = ["CALLER", "Condition", "Trial", "with_flags"]
