"""Consoles and verbs from afar: addresses, keys of servers and people."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "host-closed": ("{host} does not open its gate: {why}", "{host}이(가) 연결을 열어 주지 않습니다: {why}"),
    "host-without-key": ("{host} shows no key of its own", "{host}이(가) 자기 키를 보이지 않습니다."),
    "host-not-known": (
        "{host} is not known in {file}; its key is {fingerprint}",
        "{file}에 {host}의 키가 없습니다. 그 키는 {fingerprint}입니다.",
        (
            "compare it with `ssh-keygen -lf ssh_host_ed25519_key` in the server's state folder, then trust it: "
            "ssh -p {port} {user}@{address} check"
        ),
        (
            "서버의 상태 폴더에서 `ssh-keygen -lf ssh_host_ed25519_key`와 견주어 본 뒤 믿으세요: "
            "ssh -p {port} {user}@{address} check"
        ),
    ),
    "known-hosts-unwritable": ("{file} cannot be written: {why}", "쓸 수 없습니다: {file}: {why}"),
    "host-key-changed": (
        "the key of {host} is not the one in {file}: it was set up anew, or this is not the server",
        "{host}의 키가 {file}에 있는 것과 다릅니다. 새로 설치했거나 다른 서버입니다.",
        "if you know why: ssh-keygen -f {file} -R '{host}'",
        "까닭을 알면: ssh-keygen -f {file} -R '{host}'",
    ),
    "host-refuses-keys": (
        "{host} does not let {user} in with any of your keys",
        "{host}은(는) 가진 키로 {user}을(를) 들이지 않습니다.",
        "an admin adds yours: batmon user add NAME --key FILE.pub --role viewer",
        "관리자가 키를 추가합니다: batmon user add 이름 --key 파일.pub --role viewer",
    ),
    "identity-unusable": ("the key {identity} cannot be used: {why}", "키를 쓸 수 없습니다: {identity}: {why}"),
    "identity-locked": (
        "the key {identity} has a passphrase",
        "키에 암호가 걸려 있습니다: {identity}",
        "ssh-add {identity}",
        "ssh-add {identity}",
    ),
    "no-console": (
        "no console answers at {host}:{port}: {why}",
        "{host}:{port}에서 콘솔이 답하지 않습니다: {why}",
        "check host and port",
        "주소와 포트를 확인하세요.",
    ),
    "host-key-open": (
        "the host key {path} can be read by others",
        "다른 사람이 서버 키를 읽을 수 있습니다: {path}",
        "chmod 600 {path}, or make a new one",
        "chmod 600 {path}, 또는 새로 만드세요.",
    ),
    "host-key-not-made": (
        "the host key {path} cannot be read or made: {why}",
        "서버 키를 읽거나 만들 수 없습니다: {path}: {why}",
    ),
    "host-key-unusable": (
        "the host key {path} cannot be used: {why}",
        "서버 키를 쓸 수 없습니다: {path}: {why}",
        "move it away for a new one; every client will then ask whether it trusts the server",
        "옮기면 새로 만듭니다. 그러면 모든 사용자가 서버를 믿을지 다시 묻게 됩니다.",
    ),
    "cannot-listen": (
        "the SSH console cannot listen at {host}: {why}",
        "SSH 콘솔이 {host}에서 기다릴 수 없습니다: {why}",
        "choose another address: [ssh] listen in config.toml",
        "다른 주소를 쓰세요: config.toml의 [ssh] listen",
    ),
    "nobody-attached": ("nobody is attached", "연결된 사람이 없습니다."),
    "no-terminal-for-password": (
        "there is no terminal to ask for a password",
        "비밀번호를 물어볼 터미널이 없습니다.",
        "ssh -t, or give it on standard input",
        "ssh -t를 쓰거나 표준 입력으로 주세요.",
    ),
    "no-reading-over-ssh": (
        "{path} cannot be read over SSH",
        "SSH로는 이쪽 파일을 읽을 수 없습니다: {path}",
        "give it on standard input: ssh ... VERB ... - < {path}",
        "표준 입력으로 주세요: ssh ... 명령 ... - < {path}",
    ),
    "stdin-too-large": ("standard input holds more than {most:,} bytes", "표준 입력이 {most:,}바이트보다 큽니다."),
    "url-not-read": (
        "{url} is not an address: {why}",
        "주소가 아닙니다: {url}: {why}",
        "ssh://ops@host:8022",
        "ssh://ops@host:8022",
    ),
    "url-not-console": (
        "{url} is not the address of a console",
        "콘솔의 주소가 아닙니다: {url}",
        "ssh://ops@host:8022",
        "ssh://ops@host:8022",
    ),
    "no-hello": ("no hello in time, or no daemon that answers it", "제때 인사(hello)가 없거나 답하는 데몬이 없습니다."),
}
