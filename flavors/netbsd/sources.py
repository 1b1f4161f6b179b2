"""The C files that the model stands for. kern_fork.c is cited by line, the others by function."""

from __future__ import annotations

from oracle.cite import Source

KERN_FORK = Source("NetBSD", "sys/kern/kern_fork.c", "1.189", 602)

KERN_SIG = Source("NetBSD", "sys/kern/kern_sig.c", "1.317")
SYS_LWP = Source("NetBSD", "sys/kern/sys_lwp.c", "NetBSD 6")
SYS_SIG = Source("NetBSD", "sys/kern/sys_sig.c", "1.39")
SYS_PROCESS = Source("NetBSD", "sys/kern/sys_process.c", "1.162")
SYS_MQUEUE = Source("NetBSD", "sys/kern/sys_mqueue.c", "1.34")
KERN_KTRACE = Source("NetBSD", "sys/kern/kern_ktrace.c", "1.161")
VFS_CWD = Source("NetBSD", "sys/kern/vfs_cwd.c", "1.4")
SCHED_4BSD = Source("NetBSD", "sys/kern/sched_4bsd.c", "1.28")
SUBR_PRF = Source("NetBSD", "sys/kern/subr_prf.c", "1.149")
KERN_EXIT = Source("NetBSD", "sys/kern/kern_exit.c", "1.242")
KERN_EXEC = Source("NetBSD", "sys/kern/kern_exec.c", "1.358")
KERN_LWP = Source("NetBSD", "sys/kern/kern_lwp.c", "1.174")
KERN_PROC = Source("NetBSD", "sys/kern/kern_proc.c", "1.186")
KERN_PROT = Source("NetBSD", "sys/kern/kern_prot.c", "NetBSD 6")
KERN_EVENT = Source("NetBSD", "sys/kern/kern_event.c", "1.79")
KERN_DESCRIP = Source("NetBSD", "sys/kern/kern_descrip.c", "1.219")
SYS_DESCRIP = Source("NetBSD", "sys/kern/sys_descrip.c", "1.27")
KERN_AUTH = Source("NetBSD", "sys/kern/kern_auth.c", "1.72")
KERN_RESOURCE = Source("NetBSD", "sys/kern/kern_resource.c", "1.172")
KERN_UIDINFO = Source("NetBSD", "sys/kern/kern_uidinfo.c", "1.7")
KERN_SLEEPQ = Source("NetBSD", "sys/kern/kern_sleepq.c", "NetBSD 6")
KERN_TIME = Source("NetBSD", "sys/kern/kern_time.c", "NetBSD 6")
KERN_MUTEX = Source("NetBSD", "sys/kern/kern_mutex.c", "NetBSD 6")
KERN_SUBR = Source("NetBSD", "sys/kern/kern_subr.c", "NetBSD 6")
INIT_SYSCTL = Source("NetBSD", "sys/kern/init_sysctl.c", "1.194")
INIT_MAIN = Source("NetBSD", "sys/kern/init_main.c", "1.446")
TTY = Source("NetBSD", "sys/kern/tty.c", "NetBSD 6")
SUSER = Source("NetBSD", "sys/secmodel/suser/secmodel_suser.c", "1.40")
UVM_GLUE = Source("NetBSD", "sys/uvm/uvm_glue.c", "1.160")
UVM_MAP = Source("NetBSD", "sys/uvm/uvm_map.c", "1.324")
X86_SYSCALL = Source("NetBSD", "sys/arch/x86/x86/syscall.c", "1.11")
