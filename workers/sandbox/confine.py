"""Take every right away from this process but reading what is open, writing what is open, and memory.

An allow-list of system calls (seccomp, see seccomp(2)) rather than namespaces or bubblewrap: it needs no
privilege and no kernel option that containers switch off, and it refuses sockets, files, processes and signals
alike. A call that is not listed fails with EPERM, so that ordinary Python code meets an ordinary error.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct

# Names and numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
# `write` covers the pipe to the parent; there is no open, socket, fork, exec, kill, ptrace or prctl here.
_X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "pread64": 17,
    "readv": 19, "writev": 20, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "nanosleep": 35,
    "getpid": 39, "exit": 60, "fcntl": 72, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
    "getuid": 102, "getppid": 110, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202,
    "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "getrandom": 318, "membarrier": 324,
    "rseq": 334,
}  # fmt: skip
_AARCH64 = {
    "dup": 23, "fcntl": 25, "ioctl": 29, "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65,
    "writev": 66, "pread64": 67, "ppoll": 73, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98,
    "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
    "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrlimit": 163, "getrusage": 165, "gettimeofday": 169,
    "getpid": 172, "getppid": 173, "getuid": 174, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215,
    "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278, "membarrier": 283, "rseq": 293,
}  # fmt: skip
# AUDIT_ARCH_* of include/uapi/linux/audit.h.
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1  # errno 1 is EPERM
_NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` (a process id) ends, however it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def confinable() -> str:
    """Why system calls cannot be filtered on this machine; empty when they can."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return f"no system call filter for {platform.system()} on {platform.machine()}"
    # Kernels, containers and emulators may refuse in ways of their own, so a process that ends at once tries it.
    trial = os.fork()
    if trial == 0:
        try:
            filter_calls()
            os._exit(0)
        finally:
            os._exit(1)
    return "" if os.waitpid(trial, 0)[1] == 0 else "the kernel refuses the system call filter"


def limit(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Bound this process: address space, processor seconds, no written files, no core, 16 descriptors."""
    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # Out of processor time: SIGXCPU at the soft limit, which says why; SIGKILL at the hard one, which does not.
        spare = 1 if what == resource.RLIMIT_CPU and bound == value else 0
        resource.setrlimit(what, (bound, bound + spare))


def drop_root() -> None:
    """Become nobody, where that is possible; a process that is not root stays who it is."""
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        pass  # root of a user namespace that maps nobody else; the filter below holds all the same


def filter_calls() -> None:
    """Install the allow-list for the rest of this process's life. Raises OSError where the kernel refuses."""
    arch, calls = _MACHINES[platform.machine()]
    numbers = sorted(calls.values())
    jump = struct.Struct("=HBBI")
    program = [
        jump.pack(_LOAD_WORD, 0, 0, 4),  # seccomp_data.arch: another one has other numbers
        jump.pack(_JUMP_IF_EQUAL, 1, 0, arch),
        jump.pack(_RETURN, 0, 0, _KILL),
        jump.pack(_LOAD_WORD, 0, 0, 0),  # seccomp_data.nr
    ]
    for at, number in enumerate(numbers):
        program.append(jump.pack(_JUMP_IF_EQUAL, len(numbers) - at, 0, number))
    program += [jump.pack(_RETURN, 0, 0, _REFUSE), jump.pack(_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(program), len(program) * jump.size)
    compiled = _Program(len(program), ctypes.addressof(code))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(compiled), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel refused the system call filter")
