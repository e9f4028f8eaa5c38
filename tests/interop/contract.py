"""The peer's own tests of a storage server, asked of Truckee's (peer/contract.py)."""
import pathlib
import re
import shutil
import subprocess
import threading

from parties import Failed

# Tests that run their own reactor and those that turn it themselves do not go into one process.
GROUPS = {"test_istorageserver": ("HTTPMutableAPIsTests", "HTTPSharedAPIsTests"),
          "test_storage_http": ("MutableHTTPAPIsTests", "GenericHTTPAPITests", "MutableSharedTests"),
          "test_storage_https": ("PinningHTTPSValidation",)}
# What Truckee's server does otherwise, and means to.
OTHERWISE = {
    "GenericHTTPAPITests.test_version": "it wants Tahoe-LAFS's name and limit on a share; Truckee's server says its own",
    "GenericHTTPAPITests.test_server_side_schema_validation":
        "it sends a bad request for an immutable share and wants 400; such paths are 404 here"}


class Outcome:
    """Of one test. ok: it passed; reason: why it does not have to."""

    def __init__(self, module, name, ok, said):
        self.module, self.name, self.ok, self.said = module, name, ok, said
        self.reason = OTHERWISE.get(name, "")


class Servers:
    """Starts a server in each folder below `folder` that somebody in the root asks for one."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.running = []
        self.ended = threading.Event()
        self.log = open(self.folder.parent / "contract-servers.log", "ab")
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def watch(self):
        while not self.ended.wait(0.02):
            for wanted in self.folder.glob("*/wanted"):
                wanted.unlink()
                self.running.append(subprocess.Popen(
                    [self.program, "--durability", "none", "storage", "--directory", wanted.parent, "--listen", "127.0.0.1:0",
                     "--gbs-listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log))

    def close(self):
        self.ended.set()
        self.watcher.join()
        for server in self.running:
            server.terminate()
        for server in self.running:
            server.wait(timeout=60)
        self.log.close()


def run(program, root, folder):
    """An Outcome for each test; what trial said is left in `folder`."""
    at = root.work / "contract"
    asked = at / "servers"
    asked.mkdir(parents=True)
    servers, out = Servers(program, asked), []
    try:
        for module, classes in GROUPS.items():
            done = root.start("sh", "-c", 'cd "$0" && exec python3 -B -m twisted.trial --reporter=bwverbose "$@"', root.inside(at),
                              *(f"contract.{each}" for each in classes), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              more={"PYTHONPATH": "/interop/peer", "INTEROP_SERVERS": root.inside(asked)})
            try:
                said = done.communicate(timeout=600)[0].decode(errors="replace")
            except subprocess.TimeoutExpired as error:
                done.kill()
                raise Failed(f"the tests of {module} do not end") from error
            (folder / f"contract-{module}.txt").write_text(said)
            out += outcomes(module, said)
    finally:
        servers.close()
        shutil.rmtree(at, ignore_errors=True)
    return out


def outcomes(module, said):
    """trial says "contract.CLASS.TEST ... [OK]", with whatever was logged in between."""
    found = [Outcome(module, name, result == "OK", result) for name, result in
             re.findall(r"^contract\.(\w+\.test_\w+) \.\.\.(?:(?!^contract\.).)*?\[(OK|FAILURE|ERROR|SKIPPED|TODO|SUCCESS!\?!)\]", said,
                        re.S | re.M)]
    if not found:
        raise Failed(f"the tests of {module} were not run: {said.strip()[-400:]}")
    return found
