"""What kern_fork.c 1.67 consists of, by line, and what of it is not modelled, with the reasons."""

from __future__ import annotations

from flavors.dragonfly.r1_67.kern_fork import KERN_FORK
from oracle.cite import Branchless, CFunction, LeftOut, SourceMap

KERN_FORK_MAP = SourceMap(
    KERN_FORK,
    (
        CFunction(
            "sys_fork",
            92,
            105,
            "94-96, 98-102, 104",
            "99",
        ),
        CFunction(
            "sys_vfork",
            109,
            122,
            "111-113, 115-119, 121",
            "116",
        ),
        CFunction(
            "sys_rfork",
            136,
            153,
            "138-140, 142-143, 145-150, 152",
            "142, 146-147, 149",
        ),
        CFunction(
            "sys_lwp_create",
            156,
            195,
            "158-161, 163-165, 167-174, 179-183, 185, 188-189, 191-192, 194",
            "164, 169, 172",
        ),
        CFunction(
            "fork1",
            200,
            530,
            "202-210, 212-213, 219, 225-226, 228, 233-237, 243-248, 251-252, 265-271, 282-289, 295, 301-303, 307-313, "
            "317-318, 323-326, 328, 331, 337-338, 345-346, 352-354, 356-357, 359-360, 362, 364-366, 368-371, 373-374, "
            "376, 379-381, 386-391, 393-398, 403-404, 410, 413-414, 420-424, 430-431, 438, 447-448, 450-455, 463-465, "
            "475, 477, 485, 487-495, 497-498, 506-507, 514-515, 520, 525, 527-529",
            "212, 219, 225, 233, 243-244, 267, 269, 283-284, 302-303, 308, 323, 352, 356, 359, 364, 373, 380, 386, "
            "389, 394, 398, 421, 423, 430, 447, 463, 487, 490, 493, 506, 527",
        ),
        CFunction(
            "lwp_fork",
            533,
            610,
            "535-537, 546-547, 549-551, 553, 558-560, 564, 567-577, 585-589, 591-595, 597, 599-600, 606-607, 609",
            "546, 549-550, 558",
        ),
        CFunction(
            "at_fork",
            622,
            637,
            "624, 628-630, 633-636",
            "628",
        ),
        CFunction(
            "rm_at_fork",
            644,
            656,
            "646, 648-652, 655",
            "648-649",
        ),
        CFunction(
            "start_forked_proc",
            663,
            697,
            "665, 676-683, 688, 695-696",
            "695",
        ),
    ),
    (
        LeftOut(
            "94-96, 111-113, 138-140, 159-161, 203-206, 209-210, 234, 245, 265, 535-537, 624, 646",
            "locals; where one starts with a value, that is an argument or an exception here",
        ),
        LeftOut(
            "180, 183, 585, 589, 679, 683",
            "a critical section: no interrupt and no other processor comes between two statements here",
        ),
        LeftOut(
            "179, 362, 678",
            "the one scheduler and the order of its queue: nobody sees them",
        ),
        LeftOut(
            "191-192",
            "frees the LWP; the kernel thread below it is lost, which no program can see",
        ),
        LeftOut(
            "558-559",
            "a panic for want of a thread id: no process has all of them",
        ),
        LeftOut(
            "586-587",
            "where the scheduler's clock stood: a measure that nothing reads here",
        ),
        LeftOut(
            "592-595, 599-600",
            "the kernel thread below an LWP, which is one with it here",
        ),
        LeftOut(
            "597",
            "an assertion of a kernel with SMP: there is one processor here, and no giant lock",
        ),
        LeftOut(
            "607",
            "message capabilities: no call of the model makes one",
        ),
    ),
    (
        Branchless(
            "99, 116, 146",
            "an error of fork1 goes up as an exception",
        ),
    ),
)
