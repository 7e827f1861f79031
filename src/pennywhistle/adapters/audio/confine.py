"""What an encoder may do, held by the kernel: no network, no other file, no other process.

A few small modules of the standard library alone, to keep every fork small: it runs in the process
that starts encoders (`host.py`). Linux has all of it, to a plain user too; where a kernel or a
container says no, the rest still holds, and `missing` says what does not. Numbers are those of the
kernel's headers:
https://docs.kernel.org/userspace-api/landlock.html,
https://docs.kernel.org/userspace-api/seccomp_filter.html and, for system calls,
https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl and
https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Callable, Iterable
from functools import cache

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
# A store that runs as root may keep its files as another user: reading them anyway is all of root's
# power that an encoder is left with, and Landlock says which files.
_CAPABILITIES_KEPT = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_CAPABILITIES_MAX = 63
# The kernel's memory killer takes an encoder before it takes the store.
_OOM_SCORE = "500"
_OPEN_FILES_MAX = 64

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _REMOVE_FILE, _MAKE_REG = 1, 1 << 1, 1 << 2, 1 << 5, 1 << 8
_READ_DIR = 1 << 3
_TRUNCATE = 1 << 14
# Rights on files that each version of Landlock knows: all of them are taken away first.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
# What a program that is not static needs to start at all.
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")

# System calls that no encoder needs: (x86-64, arm64). Sockets; other processes; the priorities of
# others; the rights, owners and times of files, which Landlock does not hold; and doors into the kernel.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206),
    "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "fork": (57, None), "vfork": (58, None), "execveat": (322, 281), "kill": (62, 129),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "memfd_create": (319, 279),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "personality": (135, 92),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "ioperm": (173, None), "iopl": (172, None),
}  # fmt: skip
# Per machine: the kernel's name for it, its column above, its `clone` and its `prlimit64`.
_MACHINES = {"x86_64": (0xC000003E, 0, 56, 302), "aarch64": (0xC00000B7, 1, 220, 261)}
_CLONE3 = 435
_X32_BIT = 0x40000000
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_SET, _JUMP_UNLESS_BELOW, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def enter_host() -> None:
    """What is done once, for this process and all that it starts. Never fails: see `missing`."""
    with contextlib.suppress(OSError):
        _write("/proc/self/oom_score_adj", _OOM_SCORE)
    with contextlib.suppress(OSError):
        _leave_network()
    with contextlib.suppress(OSError):
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(_CAPABILITIES_MAX + 1):
        if capability not in _CAPABILITIES_KEPT:
            with contextlib.suppress(OSError):
                _prctl(_PR_CAPBSET_DROP, capability)


def missing(program: str) -> list[str]:
    """What this machine cannot hold an encoder to, in words for the operator."""
    lacks = []
    if _landlock_version() < 1:
        lacks.append("it could read other files (no Landlock)")
    if not _try_in_child(_install_filter):
        lacks.append("it could open sockets and start programs (no seccomp filter)")
    with contextlib.suppress(OSError):
        _is_static(program)  # Read once, before the children ask.
    return lacks


class Confinement:
    """Holds this process, which is about to become an encoder, to its files and to itself.

    In two steps, since the first may be done before it is known what is to be encoded. Both raise
    OSError where the kernel has the means and still refuses: then nothing may run.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._ruleset = _Ruleset() if _landlock_version() >= 1 else None
        if self._ruleset is not None:
            self._allow_program(self._ruleset, program)
        if os.uname().machine in _MACHINES:
            with contextlib.suppress(OSError):  # Told once by `missing`.
                _install_filter()

    def close(self, *, program: str, reads: Iterable[str], writes: str | None) -> None:
        """From now on, there are these files and no others."""
        if self._ruleset is None:
            return
        if program != self._program:
            self._allow_program(self._ruleset, program)
        for path in reads:
            self._ruleset.allow(path, _READ_FILE)
        if writes is not None:
            self._ruleset.allow(
                writes, _WRITE_FILE | _READ_FILE | _MAKE_REG | _REMOVE_FILE | _TRUNCATE
            )
        self._ruleset.enforce()

    @staticmethod
    def _allow_program(ruleset: _Ruleset, program: str) -> None:
        ruleset.allow(program, _EXECUTE | _READ_FILE)
        if not _is_static(program):
            for path in _LIBRARIES:
                ruleset.allow(path, _EXECUTE | _READ_FILE | _READ_DIR)


class _Ruleset:
    """Landlock's: nothing but what is allowed."""

    def __init__(self) -> None:
        version = _landlock_version()
        self._rights = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)]
        fields = [self._rights]
        if version >= _NETWORK_SINCE:
            fields.append(0b11)
        if version >= _SCOPES_SINCE:
            fields.append(0b11)
        attributes = struct.pack(f"={len(fields)}Q", *fields)
        self._descriptor = _check(
            _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
        )

    def allow(self, path: str, rights: int) -> None:
        """A path that is not there is left to the program to complain of."""
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE
            rule = struct.pack("=Qi", rights & self._rights, descriptor)
            _check(_libc.syscall(_LANDLOCK_ADD_RULE, self._descriptor, 1, rule, 0))
        finally:
            os.close(descriptor)

    def enforce(self) -> None:
        """On this process, for good."""
        _check(_libc.syscall(_LANDLOCK_RESTRICT_SELF, self._descriptor, 0))
        os.close(self._descriptor)


def limit(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Bound what this process may use, and what it becomes. Memory is address space."""
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: _OPEN_FILES_MAX,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        _, hard = resource.getrlimit(what)
        bounded = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bounded, bounded))


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent ends. Linux alone; elsewhere a killed host leaves its encoders."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(1)


def _leave_network() -> None:
    """Into a network of its own, which has no way out."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        with contextlib.suppress(OSError):
            _check(_libc.unshare(_CLONE_NEWNET))
            return
    _check(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET))
    # Without these it could not make files: they would belong to nobody.
    for name, line in (
        ("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1"),
    ):  # fmt: skip
        _write(f"/proc/self/{name}", line)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


@cache
def _landlock_version() -> int:
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)))


@cache
def _is_static(program: str) -> bool:
    """Whether this ELF file asks for no interpreter, and so for no libraries.

    https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
    """
    descriptor = os.open(program, os.O_RDONLY | os.O_CLOEXEC)
    try:
        head = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    if head[:6] != b"\x7fELF\x02\x01":
        return False
    (start,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    kinds = (head[at : at + 4] for at in range(start, start + size * count, size or 1))
    return struct.pack("<I", 3) not in kinds


def _install_filter() -> None:
    steps = _filter(*_MACHINES[os.uname().machine])
    code = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.cast(code, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


@cache
def _filter(architecture: int, column: int, clone: int, prlimit: int) -> bytes:
    """A classic BPF program over `struct seccomp_data`: number at 0, machine at 4, arguments at 16."""
    refused = [numbers[column] for numbers in _REFUSED.values() if numbers[column] is not None]
    denied = _step(_RETURN, value=_ERRNO | errno.EPERM)
    steps = [
        _step(_LOAD, value=4), _step(_JUMP_IF_EQUAL, 1, 0, architecture), denied,
        _step(_LOAD, value=0), _step(_JUMP_UNLESS_BELOW, 0, 1, _X32_BIT), denied,
        _step(_JUMP_IF_EQUAL, 0, 1, _CLONE3), _step(_RETURN, value=_ERRNO | errno.ENOSYS),
        # A new thread is well, a new process is not.
        _step(_JUMP_IF_EQUAL, 0, 4, clone),
        _step(_LOAD, value=16), _step(_JUMP_IF_SET, 0, 1, _CLONE_THREAD),
        _step(_RETURN, value=_ALLOW), denied,
        # Its own limits are well to read and to lower, another's are not.
        _step(_JUMP_IF_EQUAL, 0, 4, prlimit),
        _step(_LOAD, value=16), _step(_JUMP_IF_EQUAL, 0, 1, 0),
        _step(_RETURN, value=_ALLOW), denied,
    ]  # fmt: skip
    for index, number in enumerate(refused):
        steps.append(_step(_JUMP_IF_EQUAL, len(refused) - index, 0, number or 0))
    return b"".join((*steps, _step(_RETURN, value=_ALLOW), denied))


def _step(code: int, if_true: int = 0, if_false: int = 0, value: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _try_in_child(action: Callable[[], None]) -> bool:
    """Whether `action` succeeds, tried where it does no harm."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def _prctl(option: int, value: int, pointer: int = 0) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(pointer), 0, 0))


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
