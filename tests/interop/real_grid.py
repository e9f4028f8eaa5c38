"""A grid of real Tahoe-LAFS nodes on loopback: storage nodes, a gateway that knows them without an introducer, and the gateway as
one who writes and reads."""
import base64
import hashlib
import html
import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from parties import LEASE_SECRET, Failed, Verdict

PORT = 4500
GATEWAY_PORT = 4499
# For ten nodes and a gateway on a busy machine; an idle one with two processors needs one.
START_SECONDS = 400


def der_of(pem, *command):
    """What openssl gives for a certificate file, as bytes."""
    return subprocess.run(["openssl", *command, "-in", pem, "-outform", "DER"], capture_output=True, check=True).stdout


def words_of(page):
    """What an error page of the gateway says: its text, of a traceback in HTML the exceptions' own lines."""
    if "<html" not in page:
        return page.strip()[:300]
    text = html.unescape(re.sub(r"<(style|script|head)\b.*?</\1>|<[^>]+>", "\n", page, flags=re.DOTALL))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(dict.fromkeys(line for line in lines if re.search(r"(Error|Exception)\b", line)) or lines[-5:])[:600]


class Node:
    """One storage node, in a process of its own."""

    def __init__(self, root, number, prefix=""):
        self.root = root
        self.name = f"{prefix}node{number}"
        self.port = PORT + number
        self.folder = root.work / self.name
        self.store = self.folder / "storage"
        self.process = None

    def making(self):
        at = f"tcp:127.0.0.1:{self.port}"
        return ["create-node", f"--port=tcp:{self.port}:interface=127.0.0.1", f"--location={at}", "--webport=none",
                self.root.inside(self.folder)]

    def start(self):
        with open(self.root.work / f"{self.name}.log", "ab") as log:
            self.process = self.root.start("tahoe", "run", "--allow-stdin-close", self.root.inside(self.folder),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def text(self, name):
        return (self.folder / name).read_text().strip()

    @property
    def id(self):
        return self.text("my_nodeid")

    @property
    def server_id(self):
        return self.text("node.pubkey").splitlines()[-1].removeprefix("pub-")

    @property
    def nurl(self):
        """pb://PIN@HOST:PORT/SWISSNUM#v=1; nodes do not print it. Source: docs/formats.md section 14."""
        public = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", self.folder / "private/node.pem"], capture_output=True,
                                check=True).stdout
        der = base64.b64decode("".join(line for line in public.decode().splitlines() if not line.startswith("-")))
        pin = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
        swissnum = self.text("private/storage.furl").rsplit("/", 1)[1]
        return f"pb://{pin}@127.0.0.1:{self.port}/{swissnum}#v=1"

    @property
    def seed(self):
        """Of the order in which clients place shares, in base32."""
        return self.text("permutation-seed")

    def announcement(self):
        return {"ann": {"nickname": self.name, "anonymous-storage-FURL": self.text("private/storage.furl"),
                        "permutation-seed-base32": self.seed, "anonymous-storage-NURLs": [self.nurl]}}

    def answers(self):
        """Whether it has said who it is and serves."""
        return (self.folder / "private/storage.furl").exists() and (self.folder / "permutation-seed").exists() and self.listens()

    def listens(self):
        listening = pathlib.Path("/proc/net/tcp").read_text()
        return f"0100007F:{self.port:04X} 00000000:0000 0A" in listening


class Gateway:
    """The real client in its own process, asked over its web interface. Speaks HTTPS to the nodes."""
    name = "Tahoe-LAFS"

    def __init__(self, grid, name):
        self.grid = grid
        self.root = grid.root
        self.folder = grid.root.work / name
        self.process = None

    def making(self):
        return ["create-client", f"--webport=tcp:{GATEWAY_PORT}:interface=127.0.0.1", "--shares-needed=3", "--shares-happy=1",
                "--shares-total=10", self.root.inside(self.folder)]

    def start(self):
        (self.folder / "private/secret").write_text(LEASE_SECRET + "\n")
        servers = {node.server_id: node.announcement() for node in self.grid.nodes}
        config = (self.folder / "tahoe.cfg").read_text()
        if self.grid.preferred and "peers.preferred" not in config:
            ids = ", ".join(node.server_id for node in self.grid.preferred)
            (self.folder / "tahoe.cfg").write_text(config.replace("[client]\n", f"[client]\npeers.preferred = {ids}\n", 1))
        # JSON is YAML.
        (self.folder / "private/servers.yaml").write_text(json.dumps({"storage": servers}))
        with open(self.root.work / "gateway.log", "ab") as log:
            self.process = self.root.start("tahoe", "run", "--allow-stdin-close", self.root.inside(self.folder),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    stop = Node.stop

    def connected(self, since):
        """How many servers have answered it over HTTPS since then, in seconds of the Epoch; of one that it reaches over Foolscap it says
        more than that one word."""
        try:
            state = json.loads(self.call("GET", "/?t=json", up=False))
        except (OSError, Failed, ValueError):
            return 0
        return sum(server["connection_status"] == "connected" and server["last_received_data"] >= since for server in state["servers"])

    def call(self, method, path, content=None, up=True):
        if up:
            self.grid.up()
        request = urllib.request.Request(f"http://127.0.0.1:{GATEWAY_PORT}{path}", data=content, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{error.code}: {words_of(error.read().decode(errors='replace'))}") from error

    def at(self, cap, query=""):
        return "/uri/" + urllib.parse.quote(cap, safe="") + query

    def create(self, content, needed=3, total=10, layout="sdmf"):
        assert (needed, total) == (3, 10), "a gateway makes files as its own configuration says"
        return self.call("PUT", f"/uri?format={layout}", content).decode().strip()

    def update(self, cap, content, encoding=(3, 10)):
        assert encoding == (3, 10), "a gateway writes as its own configuration says"
        self.call("PUT", self.at(cap), content)

    def read(self, cap):
        return self.call("GET", self.at(cap))

    def write_part(self, cap, data, offset):
        self.call("PUT", self.at(cap, f"?offset={offset}"), data)

    def check(self, cap):
        found = json.loads(self.call("POST", self.at(cap, "?t=check&verify=true&output=JSON"), b""))
        return Verdict(found["results"]["healthy"], found["summary"])

    def repair(self, cap):
        found = json.loads(self.call("POST", self.at(cap, "?t=check&verify=true&repair=true&output=JSON"), b""))
        if found["repair-attempted"] and not found["repair-successful"]:
            raise Failed("a repair that did not succeed")


    def make_directory(self, names):
        cap = self.call("POST", "/uri?t=mkdir&format=sdmf", b"").decode().strip()
        for name in names:
            self.add_to_directory(cap, name)
        return cap

    def add_to_directory(self, cap, name):
        self.call("POST", self.at(cap, f"?t=mkdir&name={urllib.parse.quote(name)}"), b"")

    def list_directory(self, cap):
        return sorted(json.loads(self.call("GET", self.at(cap, "?t=json")))[1]["children"])

    def tahoe(self, *words):
        """What a command of the real client prints."""
        self.grid.up()
        done = self.root.start("tahoe", "--node-directory", self.root.inside(self.folder), *words, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, complained = (each.decode(errors="replace") for each in done.communicate(timeout=180))
        if done.returncode:
            raise Failed(f"tahoe {words[0]} exits with {done.returncode}: {complained.strip()[-300:]}")
        return said


class Grid:
    """The nodes and their gateway: up and down together, or one by one."""

    def __init__(self, root, nodes, name="gateway", preferred=()):
        """name: of the gateway's folder, for a grid remembers nothing of another. preferred: nodes that its client likes best."""
        self.root = root
        self.nodes = nodes
        self.preferred = preferred
        self.gateway = Gateway(self, name)
        self.running = False
        self.make()

    def make(self):
        making = [one.making() for one in [*self.nodes, self.gateway]]
        lines = "".join(json.dumps(words) + "\n" for words in making if words)
        with open(self.root.work / "make-nodes.log", "wb") as log:
            maker = self.root.start("python3", "/interop/peer/make_nodes.py", stdin=subprocess.PIPE, stdout=log, stderr=log)
            maker.communicate(lines.encode())
        if maker.returncode:
            raise Failed("nodes could not be made: " + (self.root.work / "make-nodes.log").read_text()[-500:])

    def up(self):
        if self.running:
            return
        for node in self.nodes:
            node.start()
        self.wait_for_nodes()
        self.gateway.start()
        self.wait_until_complete()
        self.running = True

    def wait_for_nodes(self):
        self.wait(lambda: all(node.answers() for node in self.nodes), "storage nodes do not come up")

    def wait_until_complete(self):
        """A gateway takes a node that went for connected until it asks it again."""
        self.wait_for_nodes()
        since = time.time()
        self.wait(lambda: self.gateway.connected(since) == len(self.nodes), "the gateway does not reach its nodes")

    def down(self):
        for one in [self.gateway, *self.nodes]:
            one.stop()
        self.running = False

    def wait(self, condition, otherwise):
        end = time.monotonic() + START_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise Failed(otherwise)
            time.sleep(0.5)
