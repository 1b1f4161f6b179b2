"""What kern_fork.c 768af85b consists of, by line, and what of it is not modelled, with the reasons."""

from __future__ import annotations

from flavors.dragonfly.r768af85b.kern_fork import KERN_FORK
from oracle.cite import Branchless, CFunction, LeftOut, SourceMap

KERN_FORK_MAP = SourceMap(
    KERN_FORK,
    (
        CFunction(
            "rb_lwp_compare",
            96,
            103,
            "98-102",
            "98, 100",
        ),
        CFunction(
            "sys_fork",
            113,
            128,
            "115-117, 119-124, 126-127",
            "121",
        ),
        CFunction(
            "sys_vfork",
            134,
            149,
            "136-138, 140-145, 147-148",
            "142",
        ),
        CFunction(
            "sys_rfork",
            165,
            184,
            "167-169, 171-172, 174-180, 182-183",
            "171, 176-177, 179",
        ),
        CFunction(
            "sys_lwp_create",
            190,
            235,
            "192-195, 197-199, 201-210, 215-220, 222, 225-226, 228-232, 234",
            "198, 205, 208",
        ),
        CFunction(
            "fork1",
            240,
            569,
            "242-250, 252-253, 259, 264-265, 267, 272-275, 281-285, 288-289, 302-308, 319-326, 332, 338-340, 344-350, "
            "354, 359-362, 364, 367-369, 375-376, 383-384, 390-393, 395-396, 398-399, 401, 403-405, 407-410, 412-413, "
            "415, 418-420, 425-430, 432-437, 442-443, 449, 452-453, 459-463, 469-470, 477, 486-487, 489-494, 502-504, "
            "514, 516, 524, 526-534, 536-537, 545-546, 553-554, 559, 564, 566-568",
            "252, 259, 264, 272, 281-282, 304, 306, 320-321, 339-340, 345, 359, 390, 395, 398, 403, 412, 419, 425, "
            "428, 433, 437, 460, 462, 469, 486, 502, 526, 529, 532, 545, 566",
        ),
        CFunction(
            "lwp_fork",
            572,
            632,
            "574-575, 577, 579-585, 593-598, 604, 606-610, 612-616, 618, 620-621, 627-629, 631",
            "606, 608",
        ),
        CFunction(
            "at_fork",
            644,
            659,
            "646, 650-652, 655-658",
            "650",
        ),
        CFunction(
            "rm_at_fork",
            666,
            678,
            "668, 670-674, 677",
            "670-671",
        ),
        CFunction(
            "start_forked_proc",
            685,
            719,
            "687, 698-705, 710, 717-718",
            "717",
        ),
    ),
    (
        LeftOut(
            "115-117, 136-138, 167-169, 193-195, 243-246, 249-250, 273, 283, 302, 574-575, 646, 668",
            "locals; where one starts with a value, that is an argument or an exception here",
        ),
        LeftOut(
            "126, 147, 182, 220, 232",
            "gives the giant lock back: kernel code is atomic here between two sleeps",
        ),
        LeftOut(
            "216, 219, 593, 597, 701, 705",
            "a critical section: no interrupt and no other processor comes between two statements here",
        ),
        LeftOut(
            "215, 401, 700",
            "the one scheduler and the order of its queue: nobody sees them",
        ),
        LeftOut(
            "229, 614-616, 620-621",
            "the kernel thread below an LWP, which is one with it here",
        ),
        LeftOut(
            "580",
            "the LWP's own pointer to its memory: always that of its process here",
        ),
        LeftOut(
            "594-595",
            "where the scheduler's clock stood: a measure that nothing reads here",
        ),
        LeftOut(
            "618",
            "an assertion of a kernel with SMP: there is one processor here, and no giant lock",
        ),
        LeftOut(
            "628",
            "message capabilities: no call of the model makes one",
        ),
        LeftOut(
            "629",
            "an event queue for each LWP that nothing uses at this revision",
        ),
    ),
    (
        Branchless(
            "98, 100",
            "in the model the threads are sorted by their ids",
        ),
        Branchless(
            "121, 142, 176",
            "an error of fork1 goes up as an exception",
        ),
    ),
)
