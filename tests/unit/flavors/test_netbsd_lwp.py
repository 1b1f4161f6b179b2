from __future__ import annotations

from oracle.machine.cred import Cred
from tests.unit.flavors.netbsd import World


def test_an_lwp_takes_over_its_processs_new_credential_as_it_enters_the_kernel() -> None:
    world = World()
    parent, lwp = world.proc("parent"), world.lwp("parent")
    old = parent.p_ucred
    assert old is not None
    parent.p_ucred = Cred(0, 0, 0, None, 1)  # as another LWP's setuid would leave it
    old.cr_ref -= 1
    world.do("parent", "getpid")
    assert lwp.lwp_ucred is parent.p_ucred
    assert (parent.p_ucred.cr_ref, old.cr_ref) == (2, 0)
