"""[email] and [[channels]]: every mistake with its place, and no secret in anything that is shown."""

import json

import pytest

from batmon.commands.configuration import _shown
from batmon.config import load
from batmon.config.channels import AppriseConfig, ServiceNowConfig, WebhookConfig
from batmon.errors import ConfigError
from batmon.gate.frames import plain
from batmon.notify.build import build

KAKAO = 'name = "k"\nkind = "alimtalk"\nappkey = "a"\nsecret_key = "b"\nsender_key = "c"\ntemplate_code = "T"\n'
SNOW = 'name = "n"\nkind = "servicenow"\nurl = "https://x.example"\n'
SLACK = 'name = "s"\nkind = "slack"\n'


def loaded(tmp_path, text, environ=None):
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return load(path, {"HOME": str(tmp_path)} | (environ or {}))


def problems(tmp_path, text, environ=None):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text, environ)
    return [f"{problem.key}: {problem.message}; {problem.hint}" for problem in caught.value.problems]


def test_mail_with_everything(tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    config = loaded(
        tmp_path,
        '[email]\nhost = "smtp.example.com"\nsender = "배트몬 <b@example.com>"\n'
        'admins = ["ops@example.com", "kim@한국.kr"]\n'
        'username = "batmon"\npassword = "${env:PW}"\ntimeout = "10s"\nca_file = "ca.pem"\nconnections = 2\n',
        {"PW": "hunter2"},
    ).email
    assert (config.port, config.security, config.connections) == (587, "starttls", 2)
    assert config.password.reveal() == "hunter2"
    assert config.admins == ("ops@example.com", "kim@xn--3e0b707e.kr")
    assert (config.sender.name, config.sender.address) == ("배트몬", "b@example.com")
    assert config.ca_file == tmp_path / "ca.pem"
    assert "hunter2" not in repr(config)


def test_no_section_no_mail(tmp_path):
    assert loaded(tmp_path, "").email is None


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_usual_port(tmp_path, security, port):
    text = f'[email]\nhost = "h"\nsender = "b@example.com"\nsecurity = "{security}"\n'
    assert loaded(tmp_path, text).email.port == port


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('sender = "b@x"', 'email: "host" is missing'),
        ('host = "h"', 'email: "sender" is missing'),
        ('host = "h"\nsender = "b"', "email.sender: 'b' is not an e-mail address"),
        ('host = "h"\nsender = "김@example.com"', "not every server takes such an address"),
        ('host = "h:25"\nsender = "b@x"\nport = 70000', "email.port: 70000 is not between 1 and 65535"),
        ('host = "user@h"\nsender = "b@x"', "email.host: 'user@h' is not a host"),
        ('host = "h"\nsender = "b@x"\nsecurity = "ssl"', 'did you mean "tls"?'),
        ('host = "h"\nsender = "b@x"\nadmins = ["ops"]', "email.admins[0]: 'ops' is not an e-mail address"),
        ('host = "h"\nsender = "b@x"\nusername = "u"', "email.username: a login needs a password"),
        ('host = "h"\nsender = "b@x"\nusername = "u"\npassword = ""', "email.username: a login needs a password"),
        ('host = "h"\nsender = "b@x"\npassword = "p"', "email.password: a password needs a username"),
        ('host = "h"\nsender = "b@x"\npassword = "p"\nusername = "u"\nsecurity = "none"', "in clear text"),
        ('host = "h"\nsender = "b@x"\npassword = "${env:NOPE}"', "email.password: the environment has no NOPE"),
        ('host = "h"\nsender = "b@x"\nca_file = "nope.pem"', "cannot be read: No such file"),
        ('host = "h"\nsender = "b@x"\npassword_file = "nope"', "cannot be read: No such file"),
        ('host = "h"\nsender = "b@x"\nadmin = "a@x"', 'email.admin: unknown key; did you mean "admins"?'),
        ('host = "h"\nsender = "b@x"\ntimeout = 30', "email.timeout: expected a duration, got an integer"),
    ],
)
def test_mistakes_in_email(tmp_path, lines, said):
    found = problems(tmp_path, f"[email]\n{lines}\n")
    assert len(found) == 1
    assert said in found[0]


def test_an_empty_user_name_is_no_login(tmp_path):
    text = '[email]\nhost = "h"\nsender = "b@x"\nusername = ""\npassword = "${env:PW}"\n'
    assert loaded(tmp_path, text, {"PW": "x"}).email.username == ""


def test_a_password_in_a_file_that_others_may_not_read(tmp_path):
    secret = tmp_path / "smtp-password"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    text = '[email]\nhost = "h"\nsender = "b@x"\nusername = "u"\npassword_file = "smtp-password"\n'
    assert loaded(tmp_path, text).email.password.reveal() == "hunter2"
    secret.chmod(0o640)
    assert loaded(tmp_path, text).email is not None
    secret.chmod(0o644)
    (found,) = problems(tmp_path, text)
    assert "others may read" in found
    assert "chmod 600" in found
    secret.chmod(0o600)
    (both,) = problems(tmp_path, text + 'password = "x"\n')
    assert "keep one of the two" in both
    secret.write_text("two\nlines\n")
    (lines,) = problems(tmp_path, text)
    assert "control characters" in lines
    assert "two" not in lines


def test_every_kind(tmp_path):
    config = loaded(tmp_path, EVERY, {"HOOK": "https://hook.example/x?key=k", "PW": "geheim"})
    assert [channel.kind for channel in config.channels] == [
        "slack", "webhook", "alimtalk", "sms", "servicenow", "servicenow", "apprise",
    ]  # fmt: skip
    hook = next(channel for channel in config.channels if isinstance(channel, WebhookConfig))
    assert hook.url.reveal() == "https://hook.example/x?key=k"
    assert hook.headers["X-Key"].reveal() == "geheim"
    assert next(one for one in config.channels if isinstance(one, ServiceNowConfig)).fields == {"urgency": "1"}
    assert next(one for one in config.channels if isinstance(one, AppriseConfig)).urls[0].reveal().startswith("ntfy://")
    for secret in ("geheim", "key=k", "T0/B0", "whsec", "ntfy://", "nhn-4711", "tok-1"):
        assert secret not in repr(config)


EVERY = """
[[channels]]
name = "ops-slack"
kind = "slack"
url = "https://hooks.slack.com/services/T0/B0/x"
[[channels]]
name = "hook"
kind = "webhook"
url = "${env:HOOK}"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
headers = { X-Key = "${env:PW}" }
timeout = "3s"
proxy = "http://user:geheim@proxy.example:3128"
[[channels]]
name = "kakao"
kind = "alimtalk"
appkey = "nhn-4711"
secret_key = "${env:PW}"
sender_key = "nhn-4711"
template_code = "INCIDENT"
template_codes = { resolved = "DONE" }
variables = { "제목" = "{title}", "내용" = "{text}" }
resend_from = "02-123-4567"
fallback = "문자"
to = ["010-1234-5678"]
[[channels]]
name = "문자"
kind = "sms"
appkey = "nhn-4711"
secret_key = "${env:PW}"
sender = "02-123-4567"
to = "+82 10 1234 5678"
[[channels]]
name = "snow"
kind = "servicenow"
url = "https://acme.service-now.com"
username = "batmon"
password = "${env:PW}"
fields = { urgency = "1" }
[[channels]]
name = "snow2"
kind = "servicenow"
url = "https://acme.service-now.com"
token = "tok-1"
[[channels]]
name = "all"
kind = "apprise"
urls = ["ntfy://topic"]
"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('kind = "slack"\nurl = "https://x.example/y"', 'channels[0]: "name" is missing'),
        ('name = "x"', 'channels[0]: "kind" is missing'),
        ('name = "x"\nkind = "slak"', 'did you mean "slack"?'),
        ('name = "x"\nkind = "email"', "[email]"),
        ('name = "email"\nkind = "slack"\nurl = "https://x.example/y"', "has a meaning of its own"),
        ('name = "a:b"\nkind = "slack"\nurl = "https://x.example/y"', "letters, digits"),
        (SLACK, 'channels[0]: "url" is missing'),
        (SLACK + 'url = "hooks.slack.com"', "channels[0].url: not an address that begins with"),
        (SLACK + 'url = "http://hooks.example.com/key"', "in clear text"),
        (SLACK + 'url = "https://x.example:port/"', "channels[0].url: not an address"),
        (SLACK + 'url = "https://x.example/y"\nsecret = "x"', "it belongs in channels of the kind webhook"),
        (SLACK + 'url = "https://x.example/y"\nproxy = "socks5://p:1"', "begins with http://"),
        ('name = "w"\nkind = "webhook"\nurl = "https://x/"\nheaders = { Host = "y" }', "set by BATMON itself"),
        ('name = "w"\nkind = "webhook"\nurl = "https://x/"\nheaders = { "A B" = "y" }', "is not the name of a header"),
        ('name = "w"\nkind = "webhook"\nurl = "https://x/"\nheaders = { A = "y\\nB: c" }', "printable ASCII"),
        ('name = "k"\nkind = "sms"\nappkey = "a"\nsecret_key = "b"\nsender = "no"', "not a telephone number"),
        (KAKAO + 'variables = { x = "{titel}" }', 'unknown placeholder {titel}; did you mean "{title}"?'),
        (KAKAO + 'template_codes = { open = "O" }', "'open' is none of opened"),
        (KAKAO + 'fallback = "sms"', "no channel is called 'sms'"),
        ('name = "n"\nkind = "servicenow"\nurl = "https://x.example"', "it needs a login"),
        (SNOW + 'token = "t"\nusername = "u"\npassword = "p"', "needs a"),
        (SNOW + 'token = "t"\nfields = { "a-b" = "c" }', "of a table or"),
        ('name = "a"\nkind = "apprise"', '"urls" is missing'),
        ('name = "a"\nkind = "apprise"\nurls = ["nosuch://key"]', "does not understand this URL of the kind 'nosuch'"),
        ('name = "a"\nkind = "apprise"\nurls = []', "names no service"),
    ],
)  # fmt: skip
def test_mistakes_in_channels(tmp_path, lines, said):
    found = problems(tmp_path, f"[[channels]]\n{lines}\n")
    assert said in " | ".join(found)
    assert len(found) == 1, found


async def test_every_kind_becomes_a_channel_of_its_name(tmp_path):
    mail = '[email]\nhost = "h"\nsender = "b@example.com"\n'
    config = loaded(tmp_path, mail + EVERY, {"HOOK": "https://hook.example/x", "PW": "geheim"})
    channels = build(config)
    kinds = {"email": "email"} | {one.name: one.kind for one in config.channels}
    assert {name: channel.kind for name, channel in channels.items()} == kinds
    assert all(channel.name == name for name, channel in channels.items())
    for channel in channels.values():
        await channel.close()


def test_a_name_twice(tmp_path):
    one = f'[[channels]]\n{SLACK}url = "https://x.example/y"\n'
    (found,) = problems(tmp_path, one * 2)
    assert "the name 's' is taken; it is the name of channels[0]" in found


def test_a_fallback_that_is_no_text_message(tmp_path):
    text = EVERY.replace('fallback = "문자"', 'fallback = "hook"')
    (found,) = problems(tmp_path, text, {"HOOK": "https://h.example/", "PW": "p"})
    assert "hook is no sms channel" in found


def test_what_is_shown_of_the_configuration_holds_no_secret(tmp_path):
    config = loaded(tmp_path, EVERY, {"HOOK": "https://hook.example/x?key=k", "PW": "geheim"})
    shown = json.dumps(plain(_shown(config.channels)), ensure_ascii=False)
    for secret in ("geheim", "key=k", "T0/B0", "whsec", "ntfy://", "nhn-4711", "tok-1"):
        assert secret not in shown
    assert "***" in shown
