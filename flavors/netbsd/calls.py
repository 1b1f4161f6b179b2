"""All calls that a program in a scenario can make: the portable ones under their portable names, and this system's own."""

from __future__ import annotations

from flavors.netbsd.file_calls import FILE_CALLS
from flavors.netbsd.fork_calls import FORK_CALLS
from flavors.netbsd.memory_calls import MEMORY_CALLS
from flavors.netbsd.own_calls import OWN_CALLS
from flavors.netbsd.process_calls import PROCESS_CALLS
from flavors.netbsd.signal_calls import SIGNAL_CALLS
from oracle.flavor import Call

CALLS: dict[str, Call] = FORK_CALLS | SIGNAL_CALLS | PROCESS_CALLS | FILE_CALLS | MEMORY_CALLS | OWN_CALLS
