"""Where a store lies: a file system of its own that can lose power or be full, as far as this machine lets us make one.

Power loss is that of ext4 itself: EXT4_IOC_SHUTDOWN with "no log flush" stops it at once, as it is. What its block device was given
until then is there afterwards; data, names and journal entries that were only in memory are gone, as where the machine loses power.
The device here keeps all it was given, in its order: what a disk with a cache of its own loses or reorders is not shown by this (the
tests of one store do that: tests/storage/crash_test.cpp)."""
import contextlib
import errno
import fcntl
import os
import struct
import subprocess
import threading
import time

SIZE = 48 << 20
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = struct.pack("I", 2)


def quietly(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.decode(errors='replace').strip()}")


class Folder:
    """A folder on whatever there is: it is never full and never without power."""
    can_fill = can_lose_power = False
    words = "folders: no full disks and no power loss, which need mounts"

    def __init__(self, place):
        self.place = place
        place.mkdir(parents=True, exist_ok=True)

    def close(self):
        pass


class Memory(Folder):
    """A small tmpfs. A user's own namespace is enough for it."""
    can_fill = True
    words = "file systems in memory: full disks, but no power loss, which needs root and a loop device"

    def __init__(self, place):
        super().__init__(place)
        self.full = None
        self.mount()

    def mount(self):
        quietly("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", self.place)

    def fill(self):
        """Not one free block, until free(): what the store lets go of is taken, too."""
        self.full = threading.Event()
        self.filler = threading.Thread(target=self.keep_full, args=(self.full,))
        self.filler.start()

    def keep_full(self, ended):
        with open(self.place / "ballast", "wb") as ballast:
            size = 0
            while True:
                there = os.statvfs(self.place)
                with contextlib.suppress(OSError):  # a smaller piece fits, or none
                    os.posix_fallocate(ballast.fileno(), size, max(there.f_bavail, 1) * there.f_frsize)
                size = os.fstat(ballast.fileno()).st_size
                if ended.wait(0.1):
                    return

    def free(self):
        self.full.set()
        self.filler.join()
        (self.place / "ballast").unlink()
        folder = os.open(self.place, os.O_RDONLY)
        os.fsync(folder)  # power loss must not bring it back
        os.close(folder)

    def close(self):
        quietly("umount", self.place)


class Image(Memory):
    """ext4 in an image, on a loop device. What is not synced reaches the image late, for power loss to take it."""
    can_lose_power = True
    words = "ext4 of their own: full disks, power loss"

    def mount(self):
        self.image = self.place.with_suffix(".ext4")
        with open(self.image, "wb") as image:
            image.truncate(SIZE)
        quietly("mkfs.ext4", "-q", "-F", "-b", "1024", "-J", "size=4", "-m", "0", "-N", "8192", self.image)
        self.mount_again()
        self.place.chmod(0o700)

    def close(self):
        super().close()
        self.image.unlink()

    def mount_again(self):
        quietly("mount", "-o", "loop,noatime,commit=60", self.image, self.place)

    def cut_power(self):
        """Whatever is asked of it from now on fails."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH)
        finally:
            os.close(folder)

    def power_on(self):
        """With nobody using it: what was on the disk is there again, by ext4's own recovery."""
        for left in reversed(range(600)):
            try:
                quietly("umount", self.place)
                break
            except OSError:
                if not left:
                    raise
                time.sleep(0.1)
        self.mount_again()


def best(place):
    """The kind that works here: tried, not guessed."""
    for kind in (Image, Memory):
        try:
            disk = kind(place / kind.__name__)
        except (OSError, subprocess.TimeoutExpired):
            continue
        try:
            if kind is Image:
                check_power_loss(disk)
            return kind
        except OSError:
            continue
        finally:
            with contextlib.suppress(OSError):
                disk.close()
    return Folder


def check_power_loss(disk):
    """That it takes what is not synced, and leaves what is; OSError otherwise."""
    for name, lasting in (("synced", True), ("lost", False)):
        file = os.open(disk.place / name, os.O_CREAT | os.O_WRONLY)
        os.write(file, b"data")
        if lasting:
            os.fsync(file)
        os.close(file)
    disk.cut_power()
    disk.power_on()
    if (disk.place / "lost").exists() or (disk.place / "synced").read_bytes() != b"data":
        raise OSError(errno.EIO, "power loss does not do here what it is for")
