from __future__ import annotations

import pytest

from oracle.errors import MachineMisuse
from oracle.machine.vm import (
    Inherit,
    VmEntry,
    VmObject,
    VmSpace,
    load,
    map_region,
    store,
    unmap_region,
    vmspace_fork,
    vmspace_rele,
)


def space(inherit: Inherit = Inherit.COPY, wired: bool = False) -> VmSpace:
    return VmSpace({"data": VmEntry("data", inherit, VmObject("old"), wired=wired)})


def test_after_a_copy_neither_side_sees_the_stores_of_the_other() -> None:
    parent = space()
    child = vmspace_fork(parent)
    store(parent, "data", "parent")
    store(child, "data", "child")
    assert (load(parent, "data"), load(child, "data")) == ("parent", "child")


def test_a_copy_shares_its_object_until_the_first_store() -> None:
    parent = space()
    child = vmspace_fork(parent)
    assert parent.vm_map["data"].obj is child.vm_map["data"].obj
    assert parent.vm_map["data"].obj.refs == 2
    store(child, "data", "new")
    assert parent.vm_map["data"].obj is not child.vm_map["data"].obj
    assert parent.vm_map["data"].obj.refs == 1


def test_the_last_user_of_a_copied_object_keeps_it() -> None:
    parent = space()
    child = vmspace_fork(parent)
    store(child, "data", "new")
    kept = parent.vm_map["data"].obj
    store(parent, "data", "newer")
    assert parent.vm_map["data"].obj is kept


def test_stores_to_a_shared_region_show_on_both_sides() -> None:
    parent = space(Inherit.SHARE)
    child = vmspace_fork(parent)
    store(child, "data", "new")
    assert load(parent, "data") == "new"


def test_sharing_resolves_a_pending_copy_first() -> None:
    grandparent = space()
    parent = vmspace_fork(grandparent)
    parent.vm_map["data"].inherit = Inherit.SHARE
    child = vmspace_fork(parent)
    store(child, "data", "new")
    assert (load(grandparent, "data"), load(parent, "data")) == ("old", "new")


def test_a_region_that_is_not_inherited_is_absent() -> None:
    assert vmspace_fork(space(Inherit.NONE)).vm_map == {}


def test_a_wired_region_is_copied_at_once_and_the_copy_is_not_wired() -> None:
    parent = space(wired=True)
    child = vmspace_fork(parent)
    assert parent.vm_map["data"].obj is not child.vm_map["data"].obj
    assert parent.vm_map["data"].wired
    assert not child.vm_map["data"].wired


def test_what_is_not_mapped_can_be_neither_stored_to_nor_loaded() -> None:
    assert not store(space(), "heap", "x")
    assert load(space(), "heap") is None


def test_mapping_over_a_region_and_unmapping_drop_what_was_there() -> None:
    vm = space()
    old = vm.vm_map["data"].obj
    map_region(vm, "data", Inherit.SHARE, "new")
    assert old.refs == 0
    unmap_region(vm, "data")
    unmap_region(vm, "data")
    assert vm.vm_map == {}


def test_the_last_release_unmaps_everything_and_one_more_is_a_mistake() -> None:
    vm = space()
    vm.vm_refcnt = 2
    vmspace_rele(vm)
    assert "data" in vm.vm_map
    vmspace_rele(vm)
    assert vm.vm_map == {}
    with pytest.raises(MachineMisuse, match="nobody uses"):
        vmspace_rele(vm)


def test_sizes_are_inherited_and_attached_segments_are_not() -> None:
    parent = space()
    parent.vm_dsize, parent.vm_ssize, parent.vm_shm = 10, 2, ["segment"]
    child = vmspace_fork(parent)
    assert (child.vm_dsize, child.vm_ssize, child.vm_shm) == (10, 2, None)
