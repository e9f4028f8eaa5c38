"""The Debian in which the real Tahoe-LAFS lives, as `enter` has mounted it."""
import pathlib
import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}


class Root:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.work = self.path / "interop" / "work"  # in memory, and the only place in it that can be written

    def inside(self, path):
        """How a path of ours is called in there."""
        return "/" + str(pathlib.Path(path).relative_to(self.path))

    def start(self, *words, more=(), **options):
        """A program in there, as subprocess.Popen. It starts in /tmp, for some write where they are started. more: of its environment."""
        return subprocess.Popen(["/usr/sbin/chroot", self.path, "env", "--chdir=/tmp", *words], env={**ENVIRONMENT, **dict(more)}, **options)
