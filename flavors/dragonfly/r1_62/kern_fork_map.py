"""What kern_fork.c 1.62 consists of, by line, and what of it is not modelled, with the reasons."""

from __future__ import annotations

from flavors.dragonfly.r1_62.kern_fork import KERN_FORK
from oracle.cite import Branchless, CFunction, LeftOut, SourceMap

KERN_FORK_MAP = SourceMap(
    KERN_FORK,
    (
        CFunction(
            "sys_fork",
            90,
            103,
            "92-94, 96-100, 102",
            "97",
        ),
        CFunction(
            "sys_vfork",
            107,
            120,
            "109-111, 113-117, 119",
            "114",
        ),
        CFunction(
            "sys_rfork",
            134,
            151,
            "136-138, 140-141, 143-148, 150",
            "140, 144-145, 147",
        ),
        CFunction(
            "fork1",
            157,
            539,
            "159-168, 170-171, 177, 179, 184-188, 194-199, 202-203, 216-222, 233-240, 246, 252-254, 258-264, 268-269, "
            "274-277, 279-280, 283-287, 290-295, 301-303, 310-319, 321, 329-333, 335-336, 338-339, 341-345, 348-350, "
            "357-361, 364-368, 370-371, 373, 376-378, 383-388, 390-395, 400-401, 407, 410-411, 417-422, 428-430, 437, "
            "446-447, 449-454, 462-464, 476-481, 487, 493-494, 496-504, 506-507, 515-516, 523-524, 529, 534, 536-538",
            "170, 177, 184, 194-195, 218, 220, 234-235, 253-254, 259, 274, 331, 335, 338, 341, 344, 370, 377, 383, "
            "386, 391, 395, 419, 421, 429, 446, 462, 496, 499, 502, 515, 536",
        ),
        CFunction(
            "at_fork",
            551,
            566,
            "553, 557-559, 562-565",
            "557",
        ),
        CFunction(
            "rm_at_fork",
            573,
            585,
            "575, 577-581, 584",
            "577-578",
        ),
        CFunction(
            "start_forked_proc",
            592,
            626,
            "594, 605-612, 617, 624-625",
            "624",
        ),
    ),
    (
        LeftOut(
            "92-94, 109-111, 136-138, 160-164, 167-168, 185, 196, 216, 345, 553, 575",
            "locals; where one starts with a value, that is an argument or an exception here",
        ),
        LeftOut(
            "350, 361, 476, 481, 608, 612",
            "a critical section: no interrupt and no other processor comes between two statements here",
        ),
        LeftOut(
            "477, 607",
            "the one scheduler and the order of its queue: nobody sees them",
        ),
        LeftOut(
            "478-479",
            "where the scheduler's clock stood: a measure that nothing reads here",
        ),
        LeftOut(
            "494",
            "message capabilities: no call of the model makes one",
        ),
    ),
    (
        Branchless(
            "97, 114, 144",
            "an error of fork1 goes up as an exception",
        ),
    ),
)
