"""Those who write and read: Truckee's program, and the real client without sockets. All have the same face: create, read, update,
check, repair. A capability is a string, content is bytes, and whatever goes wrong is a Failed with its reason."""
import contextlib
import json
import os
import pathlib
import select
import subprocess

# Both sides may get the same secret: then each renews the other's leases.
LEASE_SECRET = "a" * 52


class Failed(Exception):
    """What one side answered instead of doing it."""


class Verdict:
    """Of a check that read every byte of every share."""

    def __init__(self, healthy, summary):
        self.healthy = healthy
        self.summary = summary


class Truckee:
    name = "Truckee"

    def __init__(self, program, folder, servers, keys_ready=1):
        """servers: lines of [[server]] tables, e.g. 'directory = "..."', one text each."""
        self.program = program
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "lease-secret").write_text(LEASE_SECRET + "\n")
        (self.folder / "lease-secret").chmod(0o600)
        self.use(servers, keys_ready)

    @classmethod
    def imported(cls, program, folder, directories, keys_ready=1):
        """With the grid file that `truckee grid import` makes of directories of Tahoe-LAFS; `facts`: what that said, as JSON."""
        out = cls(program, folder, [])
        (out.folder / "grid.toml").unlink()
        done = subprocess.run([program, "--json", "grid", "import", *directories, "-o", out.folder / "grid.toml"], capture_output=True,
                              timeout=60, check=False)
        if done.returncode:
            raise Failed(f"truckee grid import exits with {done.returncode}: {done.stderr.decode(errors='replace').strip()[-600:]}")
        out.facts = json.loads(done.stdout)
        out.complaints = done.stderr.decode(errors="replace").strip()
        with open(out.folder / "grid.toml", "a", encoding="utf-8") as file:
            file.write(f"\n[limits]\nkeys-ready = {keys_ready}\n")
        return out

    def use(self, servers, keys_ready=1):
        self.servers = servers
        tables = "".join(f"[[server]]\n{server}\n" for server in servers)
        (self.folder / "grid.toml").write_text(f'[client]\nlease-secret = "lease-secret"\n[limits]\nkeys-ready = {keys_ready}\n{tables}')
        (self.folder / "grid.toml").chmod(0o600)

    def run(self, *words, given=b"", accepted=(0,)):
        """(exit code, standard output) of a command; Failed where the exit code is another than those."""
        done = subprocess.run([self.program, "--grid", self.folder / "grid.toml", "--durability", "none", *words], input=given,
                              capture_output=True, timeout=120, check=False,
                              env={**os.environ, "XDG_DATA_HOME": str(self.folder / "data")})
        if done.returncode not in accepted:
            said = done.stderr.decode(errors="replace").strip().replace("\n", " / ")
            command = next(word for word in words if not word.startswith("-"))
            raise Failed(f"truckee {command} exits with {done.returncode}: {said[-600:]}")
        return done.returncode, done.stdout

    @contextlib.contextmanager
    def serving(self, store):
        """`truckee storage` over that folder, as long as the block lasts; gives its address."""
        server = subprocess.Popen([self.program, "storage", "--directory", store, "--listen", "127.0.0.1:0", "--log-level", "error"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            said = server.stdout.readline().decode()
            if "listening on" not in said:
                raise Failed(f"truckee storage says {said!r}")
            yield said.split("listening on ")[1].split()[0]
        finally:
            server.terminate()
            server.communicate(timeout=60)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    def create(self, content, needed=3, total=10, layout="sdmf"):
        _, out = self.run("put", self.file("content", content), "-k", str(needed), "-n", str(total), "--happy", "1", "--format", layout)
        return out.decode().strip()

    def put(self, cap, content, *options, accepted=(0,)):
        """The report of an update as JSON, and its exit code."""
        code, out = self.run("--json", "put", self.file("content", content), "--cap-file", self.file("cap", cap.encode()), *options,
                             accepted=accepted)
        return code, json.loads(out)

    def update(self, cap, content, encoding=None):
        self.put(cap, content, *(("-k", str(encoding[0]), "-n", str(encoding[1])) if encoding else ()))

    def write_part(self, cap, data, offset, cut=False):
        """Content to that place of the file, or to its end where there is none; whether no more was sent than changed."""
        place = ("append",) if offset is None else ("put", "--offset", str(offset), *(("--truncate",) if cut else ()))
        _, out = self.run("--json", *place, self.file("content", data), "--cap-file", self.file("cap", cap.encode()))
        return json.loads(out)["partial"]

    def read(self, cap):
        return self.run("get", "--cap-file", self.file("cap", cap.encode()))[1]

    def versions(self, cap):
        """What a map of the file shows: {(version, the root's first eight digits): whether it can be read}."""
        _, out = self.run("--json", "check", "--cap-file", self.file("cap", cap.encode()), accepted=(0, 1, 4))
        return {(each["version"], each["root"]): each["recoverable"] for each in json.loads(out)["versions"]}

    def check(self, cap):
        code, out = self.run("--json", "verify", "--cap-file", self.file("cap", cap.encode()), accepted=(0, 1, 4))
        found = json.loads(out)
        bad = "".join(f'; {each["server"]}, share {each["share"]}: {each["reason"]}' for each in found["bad_shares"])
        return Verdict(code == 0 and found["healthy"], found["summary"] + bad)

    def repair(self, cap):
        _, out = self.run("--json", "repair", "--cap-file", self.file("cap", cap.encode()))
        left_out = [f'{server["server"]} ({server["detail"]})' for server in json.loads(out)["before"]["servers"]
                    if server["outcome"] != "answered"]
        if left_out:
            raise Failed("truckee repair had to do without " + ", ".join(left_out))

    def caps(self, cap):
        cap = self.file("cap", cap.encode())
        return {kind: self.run("cap", "--cap-file", cap, option)[1].decode().strip()
                for kind, option in (("read", "--read-only"), ("verify", "--verify"))}


class Peer:
    """A program of peer/, in the root: a process of its own, spoken to in lines of JSON."""
    name = "Tahoe-LAFS"

    def __init__(self, root, program, *words):
        self.root = root
        self.content = root.work / f"{program}-content"
        self.log = open(root.work / f"{program.replace('_', '-')}.log", "ab")
        self.process = root.start("python3", "-B", f"/interop/peer/{program}.py", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=self.log)

    def say(self, what):
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        if not select.select([self.process.stdout], [], [], 120)[0]:
            self.process.kill()  # a late answer would be taken for that of the next question
            raise Failed("the real client has been silent for two minutes")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the real client ended; see {self.log.name}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{answer['error']}: {answer['text']}")
        return answer

    def ask(self, do, **more):
        self.say({"do": do, "lease_secret": LEASE_SECRET, **more})
        return self.answer()

    def with_content(self, do, content, **more):
        self.content.write_bytes(content)
        return self.ask(do, content=self.root.inside(self.content), **more)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.log.close()


class Careless(Peer):
    """peer/careless.py over those nodes: done when k shares were taken, deaf for conflicts."""
    name = "a careless writer"

    def __init__(self, root, nodes):
        super().__init__(root, "careless")
        self.say([{"id": node.id, "nurl": node.nurl} for node in nodes])
        self.answer()

    def look(self, cap):
        self.ask("look", cap=cap)

    def publish(self, cap, content, blind):
        """From its map of the last look(), or a new one. blind: over whatever is there by now."""
        self.with_content("publish", content, cap=cap, blind=blind)

    def settle(self):
        """Until servers have answered all of its last publish, for which it did not wait."""
        self.ask("settle")


class RealClient(Peer):
    """The real client without sockets, over stores in its own process."""

    def __init__(self, root, stores):
        """stores: folders below root.work."""
        super().__init__(root, "in_process", *(root.inside(store) for store in stores))
        self.answer()

    def create(self, content, needed=3, total=10, layout="sdmf"):
        return self.with_content("create", content, needed=needed, total=total, format=layout)["cap"]

    def update(self, cap, content, encoding=(3, 10), read_first=False):
        """As a client that is set to that encoding; one that has not read the file makes it of that encoding."""
        self.with_content("update", content, cap=cap, needed=encoding[0], total=encoding[1], read_first=read_first)

    def read(self, cap):
        self.content.unlink(missing_ok=True)
        self.ask("read", cap=cap, content=self.root.inside(self.content))
        return self.content.read_bytes()

    def check(self, cap):
        found = self.ask("check", cap=cap)
        return Verdict(found["healthy"], found["summary"])

    def repair(self, cap):
        self.ask("repair", cap=cap)

    def caps(self, cap):
        return self.ask("caps", cap=cap)

    def make_directory(self, names):
        return self.ask("make_directory", names=names)["cap"]

    def add_to_directory(self, cap, name):
        self.ask("add_to_directory", cap=cap, name=name)

    def list_directory(self, cap):
        return self.ask("list_directory", cap=cap)["names"]

    def leases(self, cap):
        return self.ask("leases", cap=cap)["leases"]
