"""What kern_fork.c 1.189 consists of, by line, and what of it is not modelled, with the reasons."""

from __future__ import annotations

from flavors.netbsd.sources import KERN_FORK
from oracle.cite import Branchless, CFunction, LeftOut, SourceMap

KERN_FORK_MAP = SourceMap(
    KERN_FORK,
    (
        CFunction(
            "sys_fork",
            116,
            120,
            "119",
        ),
        CFunction(
            "sys_vfork",
            127,
            132,
            "130-131",
        ),
        CFunction(
            "sys___vfork14",
            139,
            144,
            "142-143",
        ),
        CFunction(
            "sys___clone",
            150,
            197,
            "157, 162-163, 168-170, 172, 174-183, 185-187, 195-196",
            "162, 168, 174, 176, 178, 180, 182, 186",
        ),
        CFunction(
            "fork1",
            210,
            602,
            "214-222, 224-226, 232-233, 235-236, 238-245, 251-260, 269-273, 282, 289-292, 294, 296-297, 307-310, 312, "
            "318, 321-325, 331-333, 335, 337, 339, 341, 345-347, 349-352, 354, 357, 359-360, 362, 368-371, 373, "
            "376-382, 384, 391-396, 403-408, 410, 416, 421, 427-429, 437, 442-443, 449, 451, 457, 459-460, 462-463, "
            "469-475, 477-480, 482-483, 485-488, 494-495, 498-499, 501, 503, 509-513, 518-519, 521-522, 527-530, 537, "
            "542-545, 548-560, 562-566, 568, 575-576, 581-582, 584-587, 590, 596-598, 601",
            "232, 238, 241, 243, 252-253, 258, 270, 312, 331, 346, 349, 351, 359, 369, 376, 379, 391, 394, 421, "
            "427-428, 442, 459, 471, 474, 477-478, 482, 487, 510, 512, 518, 521, 527, 542, 552, 575, 581, 596",
        ),
    ),
    (
        LeftOut(
            "157, 214-222, 553",
            "locals; where one starts with a value, that is an argument or an exception here",
        ),
        LeftOut(
            "321-322, 325",
            "locks, and a condition variable, that nobody can wait for here: a new process has one LWP",
        ),
        LeftOut(
            "339, 341",
            "restartable sequences: no call of the model registers any",
        ),
        LeftOut(
            "384",
            "asynchronous input and output: no call of the model starts any",
        ),
        LeftOut(
            "451",
            "a DTrace probe: nobody watches it",
        ),
        LeftOut(
            "501, 503",
            "which of two entries its system calls take: they do the same but for the tracing, which is asked for itself",
        ),
        LeftOut(
            "542-545",
            "the profiling clock, which runs as long as PST_PROFIL is set",
        ),
        LeftOut(
            "550, 560, 566",
            "the lock of the new LWP, which nobody else can want before the child's own is free",
        ),
    ),
    (
        Branchless(
            "421",
            "a truth value, handed on",
        ),
        Branchless(
            "427",
            "LWP_VFORK lends the block of lwpctl and raises a priority inside the kernel: no call of the model sees either",
        ),
        Branchless(
            "428",
            "a start of its own is for kernel threads; the model takes it where it is given",
        ),
    ),
)
