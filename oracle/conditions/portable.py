"""The conditions of the portable calls. What one system alone can fail for, its flavor adds: see `Flavor.trials`.

Where conditions look alike for a program on any system, they are the same here, even if some systems don't mind them: that a
call goes well there is part of the answer.
"""

from __future__ import annotations

from oracle.conditions.portable_files import FILES
from oracle.conditions.portable_processes import PROCESSES
from oracle.conditions.values import Trial

PORTABLE: tuple[Trial, ...] = PROCESSES + FILES
