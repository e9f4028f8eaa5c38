"""The processes: ten storage servers, gateways over them, and the program called once for one thing."""
import json
import os
import pathlib
import socket
import subprocess
import threading
import time

SERVERS, GATEWAYS = 10, 3
NEEDED, TOTAL = 3, 10
LONGEST_START = 180  # seconds; of a machine as busy as may be
LONGEST_END = 180
LONGEST_ANSWER = 300  # of any operation; its own deadlines are a minute
OPERATION = 60
FIRST_PORT = 20000  # below what systems give to whoever asks for any: a server finds its own one free when it comes back

# Of writers and readers, as on a machine where a server is missed soon.
LIMITS = f"""[limits]
publish-deadline-seconds = {OPERATION}
server-deadline-seconds = 4
connect-timeout-seconds = 3
reconnect-seconds = 2
keys-ready = 1
"""
# When all is over nobody is left out because he is slow.
CALM = """[limits]
publish-deadline-seconds = 240
server-deadline-seconds = 60
connect-timeout-seconds = 30
patience-milliseconds = 30000
keys-ready = 1
"""


class Wrong(Exception):
    """What the program did instead of what it must."""


class Node:
    """A process that stays. Whoever does something to it has its lock."""

    def __init__(self, grid, name, words):
        self.grid, self.name, self.words = grid, name, words
        self.lock = threading.Lock()
        self.log = grid.logs / f"{name}.log"
        self.process = None
        self.starts = 0

    def start(self):
        with open(self.log, "ab") as log:
            self.from_here = log.seek(0, os.SEEK_END)
            self.process = subprocess.Popen([self.grid.program, *self.words], cwd=self.grid.place, env=self.grid.environment(self.name),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.starts += 1

    def said(self):
        """Since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self.from_here)
            return log.read().decode(errors="replace")

    def wait_until_listening(self):
        until = time.monotonic() + LONGEST_START
        while "listening on " not in self.said():
            if self.process.poll() is not None:
                raise Wrong(f"{self.name} ends with {self.process.returncode} when it is started: {self.said().strip()[-600:]}")
            if time.monotonic() > until:
                raise Wrong(f"{self.name} does not listen within {LONGEST_START} s: {self.said().strip()[-600:]}")
            time.sleep(0.05)

    def signal(self, number):
        self.process.send_signal(number)

    def wait_until_stopped(self):
        """All its threads, but those that wait for a disk, which stop when they come back from there."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()]
            if set(states) <= {"T", "D"}:
                return
            time.sleep(0.002)
        raise Wrong(f"{self.name} goes on though it was stopped: {states}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """As a service manager does; it has to end well."""
        self.process.terminate()
        try:
            code = self.process.wait(LONGEST_END)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise Wrong(f"{self.name} does not end within {LONGEST_END} s after SIGTERM") from error
        if code:
            raise Wrong(f"{self.name} ends with {code} after SIGTERM: {self.said().strip()[-600:]}")

    def must_run(self):
        if self.process.poll() is not None:
            raise Wrong(f"{self.name} ended by itself with {self.process.returncode}: {self.said().strip()[-600:]}")

    def look(self):
        """Wrong where it ended by itself; whoever has its lock ends it."""
        if self.lock.acquire(blocking=False):
            try:
                self.must_run()
            finally:
                self.lock.release()


class Server(Node):
    def __init__(self, grid, number, port, disk):
        self.disk, self.address = disk, f"127.0.0.1:{port}"
        name = f"s{number}"
        super().__init__(grid, name, ["storage", "--directory", disk.place / "store", "--listen", self.address, "--name", name,
                                      "--durability", "none" if grid.forgetful else "full", *grid.certificate(name)])

    def table(self):
        return f'[[server]]\nname = "{self.name}"\ncaf = "{self.address}"\nid = "{(self.disk.place / "store/my_nodeid").read_text().strip()}"\n'


class Gateway(Node):
    def __init__(self, grid, number, port, http_port):
        self.address, self.http = f"127.0.0.1:{port}", ("127.0.0.1", http_port)
        name = f"g{number}"
        self.token_file = grid.place / f"{name}.token"
        super().__init__(grid, name, ["--grid", grid.place / "grid.toml", "gateway", "--listen", self.address, "--http-listen",
                                      f"127.0.0.1:{http_port}", "--http-token-file", self.token_file, *grid.certificate(name)])

    def token(self):
        return self.token_file.read_text().strip()


class Done:
    """Of the program called once. killed: by whoever called it, as was meant; late: it was not done in LONGEST_ANSWER."""

    def __init__(self, code, out, err, killed=False, late=False):
        self.code, self.out, self.err, self.killed, self.late = code, out, err, killed, late

    def json(self):
        """None where it printed none."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    def words(self):
        return f"exit code {self.code}: {self.err.decode(errors='replace').strip()[-400:]}"


class Grid:
    """All of them, below one folder. Whatever goes wrong with a process is kept in `troubles`."""

    def __init__(self, program, place, order, kind_of_disk, disks_at, forgetful=False):
        """forgetful: servers do not sync what they acknowledge."""
        self.program, self.place, self.order, self.forgetful = program, place, order, forgetful
        self.logs = place / "logs"
        self.logs.mkdir(parents=True)
        self.kind_of_disk, self.disks_at = kind_of_disk, disks_at
        self.servers, self.gateways, self.disks, self.troubles = [], [], [], []

    def trouble(self, what):
        self.troubles.append(what)

    def environment(self, name):
        return {**os.environ, "XDG_DATA_HOME": str(self.place / "data" / name), "HOME": str(self.place), "LC_ALL": "C.UTF-8"}

    def certificate(self, name):
        return ["--ca", "certs/ca.pem", "--cert", f"certs/{name}.pem", "--key", f"certs/{name}.key"]

    def up(self):
        names = [*(f"s{number}" for number in range(SERVERS)), *(f"g{number}" for number in range(GATEWAYS)), "client"]
        self.must(self.call(["certs", "certs", *names], as_whom="client"))
        ports = iter(free_ports(SERVERS + 2 * GATEWAYS))
        for number in range(SERVERS):
            self.disks.append(self.kind_of_disk(self.disks_at / f"s{number}"))
            self.servers.append(Server(self, number, next(ports), self.disks[-1]))
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_listening()
        if self.forgetful:  # who they are, at least, they are not to forget
            subprocess.run(["sync", "-f", *(disk.place for disk in self.disks)], check=True)
        self.write_grid("grid.toml", LIMITS)
        self.write_grid("calm.toml", CALM)
        for number in range(GATEWAYS):
            self.gateways.append(Gateway(self, number, next(ports), next(ports)))
            self.gateways[-1].start()
        for gateway in self.gateways:
            gateway.wait_until_listening()

    def write_grid(self, name, limits):
        self.private(name, f'[encoding]\nneeded = {NEEDED}\ntotal = {TOTAL}\nhappy = 7\n[publish]\norder = "{self.order.replace("_", "-")}"\n'
                     f'[client]\nlease-secret = "lease-secret"\n[tls]\nca = "certs/ca.pem"\ncertificate = "certs/client.pem"\n'
                     f'key = "certs/client.key"\n{limits}{"".join(server.table() for server in self.servers)}')

    def private(self, name, text):
        path = self.place / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def call(self, words, given=b"", kill_after=None, longest=LONGEST_ANSWER, as_whom="client"):
        """The program called once, with that standard input; killed after so many seconds, where that is wanted."""
        process = subprocess.Popen([self.program, *words], cwd=self.place, env=self.environment(as_whom), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(given, timeout=longest if kill_after is None else kill_after)
            return Done(process.returncode, out, err)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Done(process.returncode, out, err, killed=kill_after is not None, late=kill_after is None)

    def must(self, done):
        if done.code:
            raise Wrong(done.words())
        return done

    def own(self, grid_file="grid.toml"):
        """Words before a command that is a client by itself."""
        return ["--grid", grid_file]

    def through(self, gateway):
        return [*self.certificate("client"), "--gateway", gateway.address]

    def look(self, ended):
        """Until then: whether one of them ended by itself."""
        while not ended.wait(0.5):
            for node in [*self.servers, *self.gateways]:
                try:
                    node.look()
                except Wrong as wrong:
                    self.trouble(str(wrong))
                    return

    def down(self, nodes):
        for node in nodes:
            if node.process and node.process.poll() is None:
                try:
                    node.terminate()
                except Wrong as wrong:
                    self.trouble(str(wrong))

    def close(self):
        """However it was: no process and no mount is left."""
        for node in [*self.gateways, *self.servers]:
            if node.process and node.process.poll() is None:
                node.kill()
        for disk in self.disks:
            disk.close()


def free_ports(count):
    out, port = [], FIRST_PORT + os.getpid() % 5000
    while len(out) < count:
        port += 1
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
                out.append(port)
            except OSError:
                continue
    return out
