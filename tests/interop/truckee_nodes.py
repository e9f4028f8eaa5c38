"""`truckee storage --gbs-listen` in the place of a real storage node: the same face as real_grid.Node."""
import base64
import hashlib
import subprocess

from parties import Failed
from real_grid import Node


class TruckeeNode(Node):
    """One store of Truckee's, in a process of its own."""

    def __init__(self, root, number, program, prefix="all"):
        super().__init__(root, number)
        self.program = program
        self.name = f"{prefix}-truckee{number}"
        self.folder = root.work / self.name
        self.store = self.folder

    def making(self):
        return None  # it makes what it needs when it starts

    def start(self):
        with open(self.root.work / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen([self.program, "--durability", "none", "storage", "--directory", self.store, "--listen",
                                             "127.0.0.1:0", "--gbs-listen", f"127.0.0.1:{self.port}"],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        said = [self.process.stdout.readline().decode() for _ in range(2)]
        if "listening on" not in said[0] or f"127.0.0.1:{self.port}, tub id" not in said[1]:
            raise Failed(f"truckee storage says {said!r}")
        self.caf = said[0].split("listening on ")[1].split()[0]

    def stop(self):
        super().stop()
        self.caf = None

    @property
    def server_id(self):
        """It has none of its own: any that a client takes for one."""
        key = hashlib.sha256(self.name.encode()).digest()
        return "v0-" + base64.b32encode(key).decode().lower().rstrip("=")

    @property
    def nurl(self):
        return self.text("private/storage.nurl")

    @property
    def seed(self):
        return self.id

    def answers(self):
        return self.listens()
