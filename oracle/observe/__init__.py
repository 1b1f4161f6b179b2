"""What the world looks like, in the closed vocabulary of `oracle.facts`: pids replaced by roles, sharing read from identity.

One projection serves every flavor: it reads the shared structures, and asks the flavor only where its system keeps a thing. It
imports the machine and the plugin contract; nothing that runs scenarios or compares.
"""

from __future__ import annotations

from oracle.observe.world import observe

__all__ = ["observe"]
