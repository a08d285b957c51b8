"""A gateway that keeps a ledger of what it offered and what was acknowledged, the services that it talks to, and the
comparison of the ledger with what is stored: what kills-under-load and upgrade-under-load have in common."""
import collections
import json
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SERVICES = {
    "throttle": ("throttle.sock", ["throttle", "serve"]),
    "detector-1": ("detector-1.sock", ["detector", "serve", "--instance", "1"]),
    "detector-2": ("detector-2.sock", ["detector", "serve", "--instance", "2"]),
    "collector": ("collector.sock", ["collector", "serve"]),
    "reporter": ("reporter.sock", ["reporter", "serve"]),
}


def programs(folder, advice):
    """The folder by its full name; exit 3 when it lacks a service's program."""
    for name in sorted({words[0] for _, words in SERVICES.values()}):
        if not os.access(os.path.join(folder, name), os.X_OK):
            print(f"{os.path.basename(sys.argv[0])}: no {name} in {folder}; {advice}", file=sys.stderr)
            sys.exit(3)
    return os.path.realpath(folder)


def programs_here():
    """Of this checkout; WEIR_BUILD is relative to it, as in the other benchmarks."""
    return programs(os.path.join(ROOT, os.environ.get("WEIR_BUILD", ".build/release")), "make build")


class Services:
    """The services in a folder of their own, with a PostgreSQL of their own; `with` ends and removes all of it."""

    def __init__(self):
        # An exception cleans up, a signal's usual end does not.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        # Not below TMPDIR: the path of a socket may have 107 bytes.
        self.work = tempfile.mkdtemp(prefix="weir-bench.", dir="/tmp")
        self.folder, self.children, self.environment = self.work + "/run", {}, {}
        # What was ended by SIGTERM, or before by itself: (name, status or what happened).
        self.ends = []

    def __enter__(self):
        try:
            os.chmod(self.work, 0o755)
            os.mkdir(self.folder)
            self.cluster("start", check=True)
            exports = shlex.split(self.cluster("status", "--env", check=True).stdout)[1:]
            self.environment = dict(word.split("=", 1) for word in exports)
            self.environment |= {
                "WEIR_CONFIG": "/dev/null", "WEIR_LOG_LEVEL": "error", "WEIR_RUNTIME_DIRECTORY": self.folder,
                "WEIR_COLLECTOR_SPOOL_DIRECTORY": self.work + "/spool", "WEIR_COLLECTOR_DEAD_DIRECTORY": self.work + "/dead",
                "WEIR_DATABASE_URL": f"postgresql:///weir?host={self.environment['PGHOST']}"}
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for child in self.children.values():
            if child.poll() is None:
                child.kill()
                child.wait()
        self.cluster("destroy")
        shutil.rmtree(self.work, ignore_errors=True)

    def cluster(self, command, *words, check=False):
        done = subprocess.run([ROOT + "/scripts/postgres-cluster", command, self.work + "/pg", *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            print(done.stderr.strip(), file=sys.stderr)
            sys.exit(done.returncode)
        return done

    def migrate(self, checkout):
        """Brings the database to the schema of a checkout, as the package does."""
        done = subprocess.run([checkout + "/schema/migrate"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, **self.environment, "PGUSER": "weir_owner", "PGDATABASE": "weir"})
        if done.returncode != 0:
            raise SystemExit(f"{checkout}/schema/migrate: exit {done.returncode}: {done.stdout[-500:].strip()}")

    def start(self, name, build):
        words = SERVICES[name][1]
        with open(f"{self.work}/{name}.log", "a") as log:
            self.children[name] = subprocess.Popen([f"{build}/{words[0]}", *words[1:]], stdout=subprocess.DEVNULL, stderr=log,
                                                   env={**os.environ, **self.environment})

    def ask(self, name, what="status.get", patience=3.0):
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(patience)
                line.connect(f"{self.folder}/{SERVICES[name][0]}")
                line.sendall(json.dumps({"type": what, "id": "1"}).encode() + b"\n")
                return json.loads(line.makefile().readline())["body"]
        except (OSError, ValueError, KeyError):
            return None

    def log(self, name):
        """The end of what a service has said."""
        with open(f"{self.work}/{name}.log", errors="replace") as text:
            return text.read()[-500:]

    def await_answer(self, name):
        deadline = time.monotonic() + 30
        while self.ask(name) is None:
            if self.children[name].poll() is not None:
                raise SystemExit(f"{name} has ended by itself: " + self.log(name))
            if time.monotonic() > deadline:
                raise SystemExit(f"{name} does not come back")
            time.sleep(0.02)

    def kill(self, name):
        self.children[name].kill()
        self.children[name].wait()

    def terminate(self, *names):
        """Ends services as the service manager does, and notes how they ended."""
        running = [name for name in names if self.children[name].poll() is None]
        for name in running:
            self.children[name].terminate()
        for name in names:
            status = self.children[name].wait(30)
            self.ends.append((name, status if name in running else f"{status} by itself"))

    def value(self, sql):
        # As the superuser, whom grants do not concern.
        return subprocess.run(["psql", "-XAtqU", "postgres", "-d", "weir", "-c", sql], text=True, capture_output=True,
                              env={**os.environ, **self.environment}).stdout.strip()

    def dead_letters(self):
        return sum(len(files) for _, _, files in os.walk(self.work + "/dead"))


class Gateway(threading.Thread):
    """Asks, then records, at its pace, whatever comes back; keeps on offering what was not acknowledged, under the same
    event id."""

    def __init__(self, services, rate):
        super().__init__(daemon=True)
        self.folder, self.rate = services.folder, rate
        self.ending = threading.Event()
        self.offered, self.acknowledged, self.refused = 0, set(), collections.Counter()
        # Those without an answer yet, and how many of them lost their connection meanwhile.
        self.open, self.cut = {}, 0
        self.asked = self.allowed = self.denied = self.bypassed = 0
        self.throttle = None

    def check(self, number):
        self.asked += 1
        try:
            if self.throttle is None:
                self.throttle = socket.socket(socket.AF_UNIX)
                self.throttle.settimeout(0.05)
                self.throttle.connect(self.folder + "/throttle.sock")
            self.throttle.sendall(json.dumps({"type": "throttle.check", "id": str(number), "body": {
                "ip": f"198.18.{number % 9}.{number % 200 + 1}", "user_agent": "Mozilla/5.0", "path": "/"}}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = self.throttle.recv(4096)
                if not part:
                    raise OSError("closed")
                answer += part
            if b'"allow":true' in answer:
                self.allowed += 1
            else:
                self.denied += 1
        except OSError:
            self.bypassed += 1
            if self.throttle is not None:
                self.throttle.close()
            self.throttle = None

    def line(self, number):
        ms = int(time.time() * 1000)
        event = str(uuid.UUID(int=ms << 80 | 7 << 76 | 2 << 62 | number))
        body = {"event_id": event, "at": ms, "method": "GET", "path": f"/page-{number % 60}", "status": 200,
                "ip": f"198.18.{number % 9}.{number % 200 + 1}", "site": "shop.example",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
        return event, json.dumps({"v": 1, "type": "request.record", "id": str(number), "body": body}).encode() + b"\n"

    def run(self):
        begun, connection, incoming, outgoing = time.monotonic(), None, b"", b""
        while True:
            if connection is None:
                try:
                    connection = socket.socket(socket.AF_UNIX)
                    connection.connect(self.folder + "/collector.sock")
                    connection.setblocking(False)
                    incoming, outgoing = b"", b"".join(line for _, line in self.open.values())
                except OSError:
                    connection.close()
                    connection = None
            due = int((time.monotonic() - begun) * self.rate)
            while self.offered < due and not self.ending.is_set():
                if self.offered % 3 == 0:
                    self.check(self.offered)
                event, line = self.line(self.offered)
                self.open[str(self.offered)] = (event, line)
                outgoing += line
                self.offered += 1
            if self.ending.is_set() and not self.open:
                return
            if connection is None:
                time.sleep(0.01)
                continue
            try:
                if outgoing:
                    try:
                        outgoing = outgoing[connection.send(outgoing):]
                    except BlockingIOError:
                        pass
                if select.select([connection], [], [], 0.003)[0]:
                    part = connection.recv(1 << 20)
                    if not part:
                        raise OSError("closed")
                    *lines, incoming = (incoming + part).split(b"\n")
                    for answer in map(json.loads, lines):
                        outgoing += self.take(answer)
            except OSError:
                connection.close()
                connection = None
                self.cut += len(self.open)

    def take(self, answer):
        """Enters an answer into the ledger; the line to say again, if any."""
        number = answer.get("re")
        if number not in self.open:
            return b""
        if answer["type"] == "request.recorded":
            self.acknowledged.add(self.open.pop(number)[0])
            return b""
        code = answer["body"].get("code", "unknown")
        self.refused[code] += 1
        # Said again, unless it never can be.
        if code in ("overloaded", "unavailable", "storage_full"):
            return self.open[number][1]
        self.open.pop(number)
        return b""

    def watched(self):
        if not self.is_alive():
            raise SystemExit("the gateway has ended")

    def end(self):
        """Offers nothing new and waits for the answers that are owed."""
        self.ending.set()
        self.join(60)


def compare(services, gateway):
    """Waits for what is still on its way, ends the services, and compares what is stored with the ledger: the rows of the
    table, and whether the books balance and every service ended as it should."""
    unanswered = len(gateway.open)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if services.value("select count(*) from analytics_events") == str(len(gateway.acknowledged)) and \
           services.value("select count(*) from user_sessions where needs_evaluation") == "0":
            break
        time.sleep(0.2)
    stored = services.value("select event_id from analytics_events").split()
    lost = gateway.acknowledged - set(stored)
    twice = len(stored) - len(set(stored))
    sums = int(services.value("select coalesce(sum(request_count) + sum(asset_count), 0) from user_sessions") or 0)
    waiting = int(services.value("select count(*) from user_sessions where needs_evaluation") or -1)
    verdicts = int(services.value("select count(*) - count(distinct (session_id, verdict_id)) from session_verdicts") or -1)
    dead = services.dead_letters()
    services.terminate(*services.children)
    badly = [f"{name} {status}" for name, status in services.ends if status != 0]
    rows = [
        ("requests offered", gateway.offered), ("acknowledged", len(gateway.acknowledged)),
        ("refused", ", ".join(f"{code} {n}" for code, n in gateway.refused.items()) or 0),
        ("offered again since their connection had ended", gateway.cut), ("unanswered", unanswered),
        ("stored", len(stored)), ("lost", len(lost)), ("requests stored twice", twice), ("counted in sessions", sums),
        ("verdicts stored twice", verdicts), ("sessions that wait for a verdict", waiting), ("dead letters", dead),
        ("asked of the throttle", gateway.asked), ("of these forwarded without an answer", gateway.bypassed),
        ("ended by SIGTERM with another status than 0", ", ".join(badly) or 0),
    ]
    fine = not lost and twice == 0 and sums == len(stored) and verdicts == 0 and waiting == 0 and dead == 0 \
        and unanswered == 0 and len(gateway.acknowledged) >= 0.95 * gateway.offered and not badly
    return rows, fine


def table(heading, rows):
    return "\n".join([f"| {heading[0]} | {heading[1]} |", "| --- | --- |", *(f"| {what} | {figure} |" for what, figure in rows)])
