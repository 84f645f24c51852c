"""Real SMTP servers on loopback: with TLS of our own making, with a login, and with every way to misbehave."""

import asyncio
import datetime
import ipaddress
import ssl
from email import policy
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder):
    """A self-made certificate for 127.0.0.1 and localhost: the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


def server_context(cert, key):
    """TLS for a server."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


class Post:
    """A server's answers; ``refuse`` maps a recipient to the line it gets, ``data_says`` answers the mail itself."""

    def __init__(self, *, refuse=None, data_says="250 2.0.0 taken as 4711", password=None):
        self.mails = []
        self.connections = 0
        self.seen = []
        self.refuse = refuse or {}
        self.data_says = data_says
        self.password = password

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        self.seen.append(address)
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        mail = BytesParser(policy=policy.default).parsebytes(envelope.content)
        mail.raw = envelope.content
        mail.recipients = envelope.rcpt_tos
        mail.sender = envelope.mail_from
        mail.encrypted = server.transport.get_extra_info("sslcontext") is not None
        if self.data_says.startswith("250"):
            self.mails.append(mail)
        return self.data_says

    def authenticator(self, _server, _session, _envelope, _mechanism, given):
        right = isinstance(given, LoginPassword) and given.password.decode() == self.password
        return AuthResult(success=right, handled=False)


class Served:
    """``async with Served(post, ...) as served``: aiosmtpd on a port of its own."""

    def __init__(self, post, *, tls=None, implicit=False, **options):
        self.post = post
        self.tls = tls
        self.implicit = implicit
        self.options = options
        if post.password is not None:
            self.options |= {"authenticator": post.authenticator, "auth_required": True}

    def _protocol(self):
        self.post.connections += 1
        starttls = None if self.implicit else self.tls
        return SMTP(self.post, tls_context=starttls, hostname="localhost", enable_SMTPUTF8=True, **self.options)

    async def __aenter__(self):
        self.server = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", 0, ssl=self.tls if self.implicit else None
        )
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()


class Script:
    """A server that says fixed lines: ``{"MAIL": "250 OK", "DATA": None}``; None: it ends the connection there,
    ``...`` (Ellipsis): it says nothing more. ``"."`` is the end of the mail."""

    def __init__(self, answers=None, greeting="220 script"):
        self.answers = {"EHLO": "250 script", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", ".": "250 taken",
                        "RSET": "250 OK", "QUIT": "221 bye"} | (answers or {})  # fmt: skip
        self.greeting = greeting
        self.connections = 0
        self.commands = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.writers = []
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in self.writers:
            writer.close()

    async def _talk(self, reader, writer):
        self.connections += 1
        self.writers.append(writer)
        inside = False
        if not self._say(writer, self.greeting):
            return
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            if inside and line != ".":
                continue
            word = line.split(" ")[0].upper() if not inside else "."
            self.commands.append(word)
            inside = word == "DATA" and str(self.answers["DATA"]).startswith("354")
            if not self._say(writer, self.answers.get(word, "500 what?")):
                return
            while inside and (await reader.readline()).strip() != b".":
                pass
            if inside:
                inside = False
                self.commands.append(".")
                if not self._say(writer, self.answers["."]):
                    return

    def _say(self, writer, words):
        if words is None:
            writer.close()
            return False
        if words is not ...:
            writer.write(f"{words}\r\n".encode())
        return True
