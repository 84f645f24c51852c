"""Each kind of look against the real thing: servers on loopback, certificates, programs, a Docker engine's socket."""

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from batmon.config import load
from batmon.evidence.probes import LOOKS
from batmon.evidence.probes.blocking import Busy, in_thread
from batmon.judge.probe import judge
from batmon.model import Reason, Status
from batmon.words import say

NOW = datetime.now(UTC)
BOUND = 15.0


@pytest.fixture
def looked(tmp_path):
    """Look once at the probe that a table describes; the sample."""

    async def look(kind, *, times=1, now=None, **keys):
        probe = configured(tmp_path, kind, **keys)
        looking = LOOKS[kind](probe)
        async with asyncio.timeout(BOUND):
            for _ in range(times):
                sample = await looking(now or datetime.now(UTC))
        return sample

    return look


def configured(tmp_path, kind, **keys):
    lines = [f"[[probes]]\nname = 'p'\nkind = '{kind}'"]
    for key, value in keys.items():
        lines.append(f"{key} = {toml(value) if isinstance(value, dict) else json.dumps(value)}")
    (tmp_path / "config.toml").write_text("\n".join(lines), "utf-8")
    return load(tmp_path / "config.toml", dict(os.environ)).probes[0]


def toml(table):
    return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()) + " }"


class Site:
    """An HTTP server whose answers a test says."""

    def __init__(self):
        self.asked = []
        self.released = asyncio.Event()

    async def start(self, **more):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, **more)
        await site.start()
        self.port = self.runner.addresses[0][1]
        return f"{'https' if more else 'http'}://127.0.0.1:{self.port}"

    async def answer(self, request):
        self.asked.append(request)
        path = request.path
        if path == "/ok":
            return web.Response(text="상태: 정상")
        if path == "/slow":
            await asyncio.sleep(float(request.query["seconds"]))
            return web.Response(text="late")
        if path == "/error":
            return web.Response(status=500, text="boom")
        if path == "/hang":
            await self.released.wait()
        if path == "/loop":
            raise web.HTTPFound("/loop")
        if path == "/moved":
            return web.Response(status=302, headers={"Location": request.query["to"]})
        if path == "/endless":
            response = web.StreamResponse()
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                while not self.released.is_set():
                    await response.write(b"x" * 65536)
            return response
        return web.Response(status=404)

    async def stop(self):
        self.released.set()
        await self.runner.cleanup()


@pytest_asyncio.fixture
async def site():
    made = Site()
    made.url = await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def other_site():
    made = Site()
    made.url = await made.start()
    yield made
    await made.stop()


# -- http


async def test_an_answer_in_time(site, looked):
    sample = await looked("http", url=f"{site.url}/ok", expect_text="정상")
    assert (sample.fault, sample.status) == ("", None)
    assert 0 < sample.value == sample.seconds < 3


async def test_a_slow_answer_takes_as_long_as_it_takes(site, looked, tmp_path):
    sample = await looked("http", url=f"{site.url}/slow?seconds=0.4", warn="300ms")
    assert 0.4 <= sample.value < 3
    probe = configured(tmp_path, "http", url=site.url, warn="300ms")
    verdict = judge("api", probe.rule, [sample], now=sample.at)
    assert (verdict.status, verdict.reason) == (Status.WARNING, Reason.OVER_LIMIT)
    assert "(기준 300ms)" in said(verdict)


def said(verdict, language="ko"):
    return say(verdict.reason, verdict.facts, language, ZoneInfo("Asia/Seoul"), verdict.at)


async def test_what_is_wrong_with_an_answer(site, looked):
    failed = await looked("http", url=f"{site.url}/error")
    assert (failed.fault, failed.detail, failed.facts["expected"]) == ("status", "500 Internal Server Error", "200-399")
    assert (await looked("http", url=f"{site.url}/error", expect_status=["500", "2xx"])).fault == ""
    assert (await looked("http", url=f"{site.url}/ok", expect_text="오류")).fault == "text"


async def test_one_that_hangs_is_given_up(site, looked):
    sample = await looked("http", url=f"{site.url}/hang", timeout="400ms", warn="300ms")
    assert (sample.fault, sample.blind) == ("timeout", False)
    assert 0.4 <= sample.seconds < 3


async def test_a_body_without_end_is_read_to_its_bound(site, looked):
    sample = await looked("http", url=f"{site.url}/endless", most="1MB")
    assert sample.fault == ""
    assert (await looked("http", url=f"{site.url}/endless", most="1MB", expect_text="y")).fault == "text"


async def test_redirects_are_followed_but_not_for_ever(site, looked):
    assert (await looked("http", url=f"{site.url}/moved?to=/ok", expect_text="정상")).fault == ""
    assert (await looked("http", url=f"{site.url}/moved?to=/ok", redirects=0, expect_status="302")).fault == ""
    looping = await looked("http", url=f"{site.url}/loop", redirects=3)
    assert (looping.fault, looping.detail) == ("redirects", "3")
    assert (await looked("http", url=f"{site.url}/moved?to=file:///etc/passwd")).fault == "protocol"
    secret = await looked("http", url=f"{site.url}/moved?to=http://[hunter2?key=hunter3")
    assert secret.fault == "protocol"
    assert "hunter" not in secret.detail


async def test_secret_headers_do_not_follow_to_another_host(site, other_site, looked):
    elsewhere = f"{site.url}/moved?to={other_site.url}/ok"
    sample = await looked("http", url=elsewhere, headers={"X-Api-Key": "s3cret"})
    assert sample.fault == ""
    assert site.asked[0].headers["X-Api-Key"] == "s3cret"
    assert "X-Api-Key" not in other_site.asked[0].headers


async def test_nobody_answers(looked, unused_tcp_port):
    assert (await looked("http", url=f"http://127.0.0.1:{unused_tcp_port}/")).fault == "refused"
    sample = await looked("http", url="http://nowhere.invalid/", timeout="5s")
    assert sample.fault in ("unknown_host", "timeout")
    assert not sample.blind


async def test_what_is_no_http(looked):
    async with listening(lambda _reader, writer: writer.write(b"220 mail ready\r\n\r\n")) as port:
        assert (await looked("http", url=f"http://127.0.0.1:{port}/")).fault == "protocol"
    async with listening(lambda _reader, writer: writer.close()) as port:
        assert (await looked("http", url=f"http://127.0.0.1:{port}/")).fault == "closed"


@contextlib.asynccontextmanager
async def listening(talk, **more):
    """A TCP server that says what ``talk`` writes and then waits until the other side hangs up."""
    served = []

    async def serve(reader, writer):
        served.append(asyncio.current_task())
        with contextlib.suppress(OSError):
            talk(reader, writer)
            await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **more)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        async with asyncio.timeout(BOUND):
            await asyncio.gather(*served)


@pytest.fixture
def unused_tcp_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# -- tcp


async def test_a_port_that_takes_connections(looked):
    async with listening(lambda _reader, _writer: None) as port:
        sample = await looked("tcp", host="127.0.0.1", port=port)
        assert sample.fault == ""
        assert 0 < sample.value < 3
        silent = await looked("tcp", host="127.0.0.1", port=port, expect="220", timeout="300ms", warn="off")
        assert (silent.fault, silent.blind) == ("timeout", False)


async def test_a_port_must_say_what_it_should(looked):
    async with listening(lambda _reader, writer: writer.write(b"220 mail ready\r\n")) as port:
        assert (await looked("tcp", host="127.0.0.1", port=port, expect="220 ")).fault == ""
    async with listening(lambda _reader, writer: (writer.write(b"500 no\r\n"), writer.close())) as port:
        assert (await looked("tcp", host="127.0.0.1", port=port, expect="220 ")).fault == "text"


async def test_a_port_that_is_shut(looked, unused_tcp_port):
    sample = await looked("tcp", host="127.0.0.1", port=unused_tcp_port)
    assert (sample.fault, sample.blind) == ("refused", False)


# -- certificates


class Authority:
    """Makes certificates into a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.file = folder / "ca.pem"
        made = self._sign(self.name, self.key.public_key(), datetime.now(UTC) + timedelta(days=3650), ca=True)
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, public_key, ends, *, ca=False, names=()):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(min(datetime.now(UTC), ends) - timedelta(days=400)).not_valid_after(ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if ca:
            usage = x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
            )  # fmt: skip
            builder = builder.add_extension(usage, critical=True)
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False
            )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        return builder.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())

    def server(self, days, name="localhost"):
        """A TLS context with a certificate that ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._sign(subject, key.public_key(), datetime.now(UTC) + timedelta(days=days, minutes=5), names=[name])
        self.made, file = made, self.folder / f"{name}-{days}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


async def at_port(looked, context, **keys):
    async with listening(lambda _reader, _writer: None, ssl=context) as port:
        return await looked("certificate", host="127.0.0.1", port=port, server_name="localhost", **keys)


async def test_days_until_a_certificate_expires(authority, looked, tmp_path):
    sample = await at_port(looked, authority.server(80), ca=str(authority.file))
    assert (sample.fault, int(sample.value)) == ("", 80)
    soon = await at_port(looked, authority.server(2), ca=str(authority.file))
    rule = configured(tmp_path, "certificate", host="x").rule
    verdict = judge("c", rule, [soon], now=soon.at)
    assert verdict.status is Status.ERROR
    assert said(verdict) == "인증서 만료까지 2일 (기준 3일)"


async def test_a_certificate_that_has_expired(authority, looked, tmp_path):
    sample = await at_port(looked, authority.server(-10), ca=str(authority.file))
    assert sample.fault == ""
    assert -10 < sample.value < -9
    verdict = judge("c", configured(tmp_path, "certificate", host="x").rule, [sample], now=sample.at)
    assert verdict.status is Status.ERROR
    assert said(verdict) == "인증서가 9일 전에 만료됨"


async def test_a_certificate_that_is_not_to_be_believed(authority, looked):
    nobody = await at_port(looked, authority.server(80))  # the system does not know our authority
    assert (nobody.fault, int(nobody.value)) == ("chain", 80)
    assert (await at_port(looked, authority.server(80), verify=False)).fault == ""
    other = await at_port(looked, authority.server(80, "other.example"), ca=str(authority.file))
    assert (other.fault, int(other.value)) == ("hostname", 80)


async def test_certificates_in_files(authority, looked, tmp_path):
    authority.server(20)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority.file.read_bytes() + (tmp_path / "localhost-20.pem").read_bytes())
    assert int((await looked("certificate", file=str(bundle))).value) == 20
    der = tmp_path / "one.der"
    der.write_bytes(authority.made.public_bytes(serialization.Encoding.DER))
    assert int((await looked("certificate", file=str(der))).value) == 20
    der.write_bytes(b"not a certificate")
    broken = await looked("certificate", file=str(der))
    assert (broken.fault, broken.blind) == ("protocol", True)
    gone = await looked("certificate", file=str(tmp_path / "no.pem"))
    assert (gone.fault, gone.blind) == ("missing", True)


async def test_https_is_believed_only_with_a_good_certificate(authority, looked):
    site = Site()
    await site.start(ssl_context=authority.server(80))
    url = f"https://localhost:{site.port}/ok"
    try:
        assert (await looked("http", url=url)).fault == "chain"
        assert (await looked("http", url=url, ca=str(authority.file))).fault == ""
        assert (await looked("http", url=url, verify=False)).fault == ""
        wrong = await looked("http", url=f"https://127.0.0.1:{site.port}/ok", ca=str(authority.file))
        assert wrong.fault == "hostname"
        missing = await looked("http", url=url, ca=str(authority.folder / "no.pem"))
        assert (missing.fault, missing.blind) == ("unreadable", True)
    finally:
        await site.stop()


# -- this machine


async def test_free_space(looked, tmp_path):
    share = await looked("disk", path=str(tmp_path))
    assert 0 < share.value < 100
    size = await looked("disk", path=str(tmp_path), warn="1GB")
    assert size.value == pytest.approx(share.facts["free"], rel=0.2)
    gone = await looked("disk", path=str(tmp_path / "gone"))
    assert (gone.fault, gone.blind) == ("missing", True)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a file system needs root")
async def test_a_disk_that_is_full(looked, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (place / "filling").write_bytes(b"x" * 1000 * 1024)
        sample = await looked("disk", path=str(place))
        verdict = judge("d", configured(tmp_path, "disk", path=str(place)).rule, [sample], now=sample.at)
        assert verdict.status is Status.ERROR
        assert said(verdict).startswith("디스크 여유 공간 ")
    finally:
        subprocess.run(["umount", str(place)], check=True)


async def test_processors_are_measured_between_two_looks(looked):
    sample = await looked("cpu", times=2)
    assert 0 <= sample.value <= 100


async def test_memory(looked):
    sample = await looked("memory")
    assert 0 < sample.value < 100
    assert sample.facts["total"] > sample.facts["free"]


async def test_work_that_hangs_is_not_begun_twice():
    release = threading.Event()
    first = asyncio.create_task(in_thread("k", release.wait))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await in_thread("k", release.wait)
    release.set()
    assert await first
    assert await in_thread("k", lambda: 1) == 1


# -- containers


class Engine:
    """A Docker engine's socket that answers `GET /containers/NAME/json` as its API is documented."""

    def __init__(self, path):
        self.path = path
        self.containers = {}

    async def start(self):
        app = web.Application()
        app.router.add_get("/containers/{name}/json", self.inspect)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.UnixSite(self.runner, str(self.path)).start()

    async def inspect(self, request):
        found = self.containers.get(request.match_info["name"])
        if found is None:
            name = request.match_info["name"]
            return web.json_response({"message": f"No such container: {name}"}, status=404)
        return web.json_response(found)


def container(status="running", restarts=0, health=None, **state):
    found = {
        "Status": status,
        "Running": status in ("running", "paused"),
        "Paused": status == "paused",
        "Restarting": status == "restarting",
        "OOMKilled": False,
        "Dead": False,
        "ExitCode": 0,
        "Error": "",
    }
    if health:
        log = [{"ExitCode": 1, "Output": "connection refused\n"}]
        found["Health"] = {"Status": health, "FailingStreak": 3, "Log": log}
    return {"Id": "ba3...", "Name": "/web", "RestartCount": restarts, "State": found | state}


@pytest_asyncio.fixture
async def engine(tmp_path):
    made = Engine(tmp_path / "docker.sock")
    await made.start()
    yield made
    await made.runner.cleanup()


async def test_containers(engine, looked):
    async def sample(found):
        engine.containers["web"] = found
        return await looked("container", container="web", socket=str(engine.path))

    well = await sample(container(health="healthy"))
    assert (well.fault, well.value, well.facts) == ("", 0.0, {"state": "running", "health": "healthy"})
    ill = await sample(container(health="unhealthy"))
    assert (ill.fault, ill.detail) == ("unhealthy", "connection refused")
    assert (await sample(container(health="starting"))).fault == ""
    gone = await sample(container("exited", ExitCode=137, OOMKilled=True))
    assert (gone.fault, gone.detail) == ("not_running", "exited (137), out of memory")
    assert (await sample(container("paused"))).detail == "paused"
    assert (await sample(container("restarting"))).detail == "restarting"
    none = await looked("container", container="none", socket=str(engine.path))
    assert (none.fault, none.blind) == ("no_container", False)


async def test_restarts_of_the_last_hour(engine, tmp_path):
    probe = configured(tmp_path, "container", container="web", socket=str(engine.path))
    look = LOOKS["container"](probe)
    counts = []
    for minute, restarts in ((0, 7), (10, 8), (20, 10), (75, 10), (90, 10), (91, 0), (92, 1)):
        engine.containers["web"] = container(restarts=restarts)
        counts.append((await look(NOW + timedelta(minutes=minute))).value)
    assert counts == [0, 1, 3, 2, 0, 0, 1]


async def test_an_engine_that_is_not_there(looked, tmp_path):
    sample = await looked("container", container="web", socket=str(tmp_path / "no.sock"))
    assert (sample.fault, sample.blind) == ("missing", True)


# -- commands


PLUGIN = """import sys, time
print(sys.argv[2]); print('more of it')
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def plugin(tmp_path):
    script = tmp_path / "check_it.py"
    script.write_text(PLUGIN, "utf-8")
    return lambda code, line: [sys.executable, str(script), str(code), line]


@pytest.mark.parametrize(("code", "status"), [(0, Status.OK), (1, Status.WARNING), (2, Status.ERROR)])
async def test_a_plugin_says_how_it_is(looked, plugin, code, status):
    sample = await looked("command", command=plugin(code, "NTP - 오차 0.2s | offset=0.2s;1;2"))
    assert (sample.status, sample.detail) == (status, "NTP - 오차 0.2s")
    assert sample.facts == {"perfdata": "offset=0.2s;1;2"}
    assert not sample.fault


@pytest.mark.parametrize("code", [3, 4, 127])
async def test_a_plugin_that_does_not_know(looked, plugin, code):
    sample = await looked("command", command=plugin(code, "who knows"))
    assert (sample.fault, sample.blind, sample.facts["exit_code"]) == ("exit", True, code)


async def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(looked, tmp_path):
    pid = tmp_path / "pid"
    script = f"sleep 300 & echo $! > {pid}; echo begun; sleep 300"
    sample = await looked("command", command=["sh", "-c", script], timeout="1s")
    assert (sample.fault, sample.blind) == ("timeout", True)
    child = int(pid.read_text())
    with contextlib.suppress(FileNotFoundError):
        assert "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]


async def test_a_plugin_that_leaves_a_process_behind(looked):
    sample = await looked("command", command=["sh", "-c", "sleep 300 & echo OK - left one behind"], timeout="5s")
    assert (sample.status, sample.detail) == (Status.OK, "OK - left one behind")


async def test_a_plugin_that_prints_without_end(looked):
    sample = await looked("command", command=["sh", "-c", "echo OK - much; yes | head -c 5000000"])
    assert (sample.status, sample.detail) == (Status.OK, "OK - much")


async def test_a_plugin_that_is_not_there(looked):
    sample = await looked("command", command=["/no/such/check"])
    assert (sample.fault, sample.blind) == ("missing", True)


async def test_a_plugin_is_given_its_environment_and_nothing_to_read(looked):
    script = 'read line; echo "OK - $WORD $line"'
    sample = await looked("command", command=["sh", "-c", script], env={"WORD": "비밀"})
    assert sample.detail == "OK - 비밀"
