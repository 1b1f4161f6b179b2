"""The RF flags of rfork(2) and the words of extexit(2): plain numbers for kernel code, an IntFlag for the edges."""

from __future__ import annotations

from enum import IntFlag

RFNAMEG = 0x1
RFENVG = 0x2
RFFDG = 0x4
RFNOTEG = 0x8
RFPROC = 0x10
RFMEM = 0x20
RFNOWAIT = 0x40
RFCNAMEG = 0x400
RFCENVG = 0x800
RFCFDG = 0x1000
RFTHREAD = 0x2000
RFSIGSHARE = 0x4000
RFLINUXTHPN = 0x10000
RFPGLOCK = 0x40000000
RFPPWAIT = 0x80000000
RFKERNELONLY = RFPPWAIT | RFPGLOCK


class RF(IntFlag):
    """The flags by name, for parsing, printing and generating; kernel code uses the plain numbers."""

    RFNAMEG = RFNAMEG
    RFENVG = RFENVG
    RFFDG = RFFDG
    RFNOTEG = RFNOTEG
    RFPROC = RFPROC
    RFMEM = RFMEM
    RFNOWAIT = RFNOWAIT
    RFCNAMEG = RFCNAMEG
    RFCENVG = RFCENVG
    RFCFDG = RFCFDG
    RFTHREAD = RFTHREAD
    RFSIGSHARE = RFSIGSHARE
    RFLINUXTHPN = RFLINUXTHPN
    RFPGLOCK = RFPGLOCK
    RFPPWAIT = RFPPWAIT


RF_NAMES: tuple[tuple[str, int], ...] = tuple((flag.name, int(flag)) for flag in RF if flag.name is not None)
