"""Those who write and read: each a thread with draws of its own, who asks one thing after another and keeps what was said to it."""
import base64
import contextlib
import http.client
import itertools
import json
import random
import threading
import time

import history
from grid import LONGEST_ANSWER, OPERATION, Wrong

LINES_A_FILE = 250  # then writers go on to a new one: a read stays short in an hour, too
FILES = 2           # at once: writers meet
APPENDERS = 4
KILLED = 0.08       # of the operations: their writer is killed while they run
ASKED_AGAIN = 0.6   # of those whose fate a gateway does not know: by their operation id
PAUSE = 0.4         # seconds between two operations of one writer, at most


class Gone(Exception):
    """Whoever was asked went away before it answered, or did not let us in. sent: it may have heard what was asked."""

    def __init__(self, sent):
        super().__init__()
        self.sent = sent


class Late(Exception):
    """No answer in LONGEST_ANSWER."""


class Killed(Exception):
    """The caller itself, as was meant."""


class File:
    def __init__(self, number, cap, place):
        self.number, self.cap, self.place = number, cap, place
        self.first = f"file {number} begins"
        self.asked = 0
        self.cap_file = place.private(f"file{number}.cap", cap + "\n")
        self.read_cap_file = None


class Answer:
    """What became of a write, as somebody was told."""

    def __init__(self, became, words="", outcome=None, kind=None):
        self.became, self.words, self.outcome, self.kind = became, words, outcome, kind


def answer_of(told):
    """Of the JSON that the program and a gateway's HTTP give."""
    strict = told.get("strict") or {}
    error = told.get("error") or {}
    return Answer(told["effect"], error.get("detail", ""), strict.get("outcome"), error.get("kind"))


class Http:
    """One request to a gateway. A caller that dies closes its connection."""

    def __init__(self, gateway, file):
        self.gateway = gateway
        self.fields = {"Authorization": f"Bearer {gateway.token()}", "Truckee-Capability": file.cap}

    def ask(self, method, body=None, kill_after=None, **fields):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(*self.gateway.http, timeout=LONGEST_ANSWER)
        sent = False
        try:
            connection.connect()
            sent = True
            connection.request(method, "/v1/file", body=body, headers={**self.fields, **{name.replace("_", "-"): value for name, value in
                                                                                       fields.items()}})
            if kill_after is not None:
                connection.sock.settimeout(kill_after)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except TimeoutError as error:
            raise Killed() if kill_after is not None else Late() from error
        except (OSError, http.client.HTTPException) as error:
            raise Gone(sent) from error
        finally:
            connection.close()

    def write(self, method, body, kill_after, **fields):
        status, _, said = self.ask(method, body, kill_after, **fields)
        with contextlib.suppress(ValueError, KeyError):
            return answer_of(json.loads(said))
        # Refused before the gateway heard of it: what became of it is said by the status (docs/http.md).
        return Answer(history.UNKNOWN if status in (409, 500, 504) else history.NOT_APPLIED, f"{status}: {said[:200]!r}")


class Workload:
    """All writers and readers of one run. record(kind, **members): a line of the log that is kept."""

    def __init__(self, grid, seed, record, log):
        self.grid, self.seed, self.record, self.log = grid, seed, record, log
        self.begun = time.monotonic()
        self.ended = threading.Event()
        self.writes, self.reads, self.files = [], [], []
        self.numbers, self.file_numbers = itertools.count(), itertools.count()
        self.lock = threading.Lock()
        self.waiting = {}  # thread: what it asked for and when
        self.failed_reads = 0
        self.killed = 0
        self.outcomes = {}

    def now(self):
        return time.monotonic() - self.begun

    # -- files --------------------------------------------------------------------------------------------------------------------

    def make_file(self):
        """Publishes a new file; Wrong where that fails, as it may while servers are away."""
        number = next(self.file_numbers)
        made = self.grid.call([*self.grid.own(), "put", "-"], f"file {number} begins\n".encode())
        if made.code:
            raise Wrong(made.words())
        file = File(number, made.out.decode().strip(), self.grid)
        readers = self.grid.must(self.grid.call(["cap", "--cap-file", file.cap_file, "--read-only"]))
        file.read_cap_file = self.grid.private(f"file{number}.read", readers.out.decode())
        return file

    def make_files(self):
        self.files = [self.make_file() for _ in range(FILES)]

    def a_file(self, draw):
        """One that is written to; a full one is left, and another one made."""
        with self.lock:
            file = draw.choice(self.files[-FILES:])
            file.asked += 1
            full = file.asked == LINES_A_FILE
        if full:
            try:
                made = self.make_file()
            except Wrong as wrong:
                self.log(f"no new file yet: {wrong}")
                file.asked = 0
            else:
                with self.lock:
                    self.files.append(made)
        return file

    # -- writers ------------------------------------------------------------------------------------------------------------------

    def line(self, draw, who, number):
        return f"{who} line {number} {''.join(draw.choices('abcdefghijklmnopqrstuvwxyz', k=draw.randrange(60)))}"

    def appender(self, number):
        draw = random.Random(f"appender {number} of {self.seed}")
        while not self.ended.wait(draw.uniform(0, PAUSE)):
            file = self.a_file(draw)
            way = draw.choice((self.append_http, self.append_http, self.append_through, self.append_alone))
            kill_after = 0.005 + 1.5 * draw.random() ** 3 if draw.random() < KILLED else None  # at every stage: most take a tenth of a second
            self.write(file, f"appender {number}", way, draw, kill_after)

    def write(self, file, who, way, draw, kill_after=None, ask_again=True):
        """One line by one way, and what came of it. ask_again: where it is one gateway's, and that one does not know."""
        with self.lock:
            number = next(self.numbers)
        line = self.line(draw, who, number)
        gateway = draw.choice(self.grid.gateways)
        starts = gateway.starts
        operation = base64.b32encode(draw.randbytes(16)).decode().lower().rstrip("=")
        started = self.now()
        again = None
        with self.asking(f"{way.__name__} {number} at {gateway.name}"):
            first = self.told(way, file, gateway, line, operation, kill_after)
            if first.became == history.UNKNOWN and ask_again and way != self.append_alone and draw.random() < ASKED_AGAIN:
                again = self.ask_again(way, file, gateway, line, operation, starts)
        last = again or first
        ended = self.now()
        with self.lock:
            self.writes.append(history.Write(number, file.number, line, started, ended, last.became))
            if last.outcome:
                self.outcomes[last.outcome] = self.outcomes.get(last.outcome, 0) + 1
        self.record("write", number=number, file=file.number, way=way.__name__, gateway=gateway.name, line=line, started=started, ended=ended,
                    became=last.became, outcome=last.outcome, error=last.kind, words=last.words, operation=operation,
                    first=first.became + ": " + first.words if again else None)

    @contextlib.contextmanager
    def asking(self, what):
        """Whoever does not come back from it is seen."""
        me = threading.current_thread()
        self.waiting[me] = (what, self.now())
        try:
            yield
        finally:
            del self.waiting[me]

    def told(self, way, file, gateway, line, operation, kill_after=None):
        try:
            return way(file, gateway, line, operation, kill_after)
        except Gone as gone:
            return Answer(history.UNKNOWN if gone.sent else history.NOT_APPLIED, "the gateway went away" if gone.sent else "nobody listens")
        except Killed:
            with self.lock:
                self.killed += 1
            self.log(f"kill: the writer of line {line.split()[3]}, after {kill_after:.2f} s")
            return Answer(history.UNKNOWN, "its writer was killed")
        except Late:
            return Answer(history.UNANSWERED, "no answer")

    def ask_again(self, way, file, gateway, line, operation, starts):
        """The same operation at the same gateway, which remembers it as long as it runs: nobody may stop it meanwhile."""
        if not gateway.lock.acquire(timeout=OPERATION):
            return None
        try:
            if gateway.starts != starts or gateway.process.poll() is not None:
                return None
            return self.told(way, file, gateway, line, operation)
        finally:
            gateway.lock.release()

    def append_http(self, file, gateway, line, operation, kill_after):
        return Http(gateway, file).write("PATCH", (line + "\n").encode(), kill_after, Truckee_Operation_Id=operation)

    def append_through(self, file, gateway, line, operation, kill_after):
        return self.program(self.grid.through(gateway), file, line, ["--operation-id", operation], kill_after)

    def append_alone(self, file, _, line, __, kill_after):
        """By a client that is made for it: when it is killed, a writer dies."""
        return self.program(self.grid.own(), file, line, [], kill_after)

    def program(self, who, file, line, more, kill_after):
        done = self.grid.call(["--json", *who, "append", "--cap-file", file.cap_file, "--timeout", str(OPERATION), *more], (line + "\n").encode(),
                              kill_after)
        if done.killed:
            raise Killed()
        if done.late:
            raise Late()
        told = done.json()
        return answer_of(told) if told else Answer(history.UNKNOWN, done.words())

    def modifier(self):
        """Reads a file, and replaces it by what was read and a line more, where it still is what was read."""
        draw = random.Random(f"modifier of {self.seed}")
        while not self.ended.wait(draw.uniform(0, 2 * PAUSE)):
            self.write(self.a_file(draw), "modifier 0", self.put_if, draw, ask_again=False)

    def put_if(self, file, gateway, line, operation, kill_after):
        here = Http(gateway, file)
        try:
            status, fields, content = here.ask("GET")
        except Gone:
            raise Gone(sent=False) from None
        if status != 200:
            return Answer(history.NOT_APPLIED, f"it could not be read: {status}")
        return here.write("PUT", content + (line + "\n").encode(), kill_after, If_Match=fields["ETag"], Truckee_Operation_Id=operation)

    # -- readers ------------------------------------------------------------------------------------------------------------------

    def reader(self, ways):
        draw = random.Random(f"reader of {self.seed}")
        while not self.ended.wait(draw.uniform(0, 2 * PAUSE)):
            with self.lock:
                file = draw.choice(self.files[-FILES - 1:])
            gateway, how = draw.choice(self.grid.gateways), draw.choice(ways)
            with self.asking(f"a {how} read at {gateway.name}"):
                self.read(file, gateway, how, draw.random() < 0.5)

    def read(self, file, gateway, how, by_writer):
        started = self.now()
        words = ""
        try:
            if how == history.PLAIN:
                status, _, content = Http(gateway, file).ask("GET")
                if status != 200:
                    words, content = f"{status}: {content[:300]!r}", None
            else:
                done = self.grid.call([*self.grid.through(gateway), "get", "--confirmed", "--cap-file",
                                       file.cap_file if by_writer else file.read_cap_file, "--timeout", str(OPERATION)])
                if done.late:
                    raise Late()
                content, words = (None, done.words()) if done.code else (done.out, "")
        except Gone:
            content, words = None, "the gateway went away"
        except Late:
            content, words = None, "no answer"
            self.grid.trouble(f"a {how} read of file {file.number} at {gateway.name} from {started:.1f} s has no answer in {LONGEST_ANSWER} s")
        self.keep(file, how, started, content, words)

    def keep(self, file, how, started, content, words=""):
        ended = self.now()
        lines = None if content is None else lines_of(content)
        with self.lock:
            if lines is None:
                self.failed_reads += 1
            else:
                self.reads.append(history.Read(file.number, how, started, ended, lines))
        self.record("read", file=file.number, how=how, started=started, ended=ended, words=words,
                    lines=None if lines is None else len(lines), last=lines[-1] if lines else None)

    # -- the end ------------------------------------------------------------------------------------------------------------------

    def start(self):
        ways = (history.PLAIN, history.CONFIRMED) if self.grid.order == history.STRICT else (history.PLAIN,)
        self.threads = [threading.Thread(target=self.watched, args=(self.appender, number)) for number in range(APPENDERS)]
        self.threads += [threading.Thread(target=self.watched, args=(self.modifier,)), threading.Thread(target=self.watched, args=(self.reader, ways))]
        for thread in self.threads:
            thread.daemon = True
            thread.start()

    def watched(self, body, *words):
        try:
            body(*words)
        except Exception as error:  # noqa: a writer that is broken itself breaks the run
            self.grid.trouble(f"{body.__name__} {words}: {error!r}")

    def join(self):
        """What runs ends by itself; who does not come back has no answer."""
        self.ended.set()
        until = time.monotonic() + 2 * LONGEST_ANSWER + OPERATION  # asked twice at most
        for thread in self.threads:
            thread.join(max(0, until - time.monotonic()))
            if thread.is_alive():
                what, since = self.waiting.get(thread, ("something", 0))
                self.grid.trouble(f"{what}, from {since:.1f} s, does not come back")


def lines_of(content):
    """A last line without its end is half a line, and seen as such."""
    lines = content.decode(errors="replace").split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], lines[-1] + " (without an end)"]
