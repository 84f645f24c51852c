"""People: roles, keys, and the operation password."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "needs-role": (
        "{verb} needs the role {role}; {user} is {own}",
        "이 키의 권한으로는 할 수 없습니다: {verb}에는 {role} 권한이 필요하고 {user}의 권한은 {own}입니다.",
        "ask an admin",
        "관리자에게 요청하세요.",
    ),
    "no-such-key": (
        "{user} has no such key here",
        "{user}에게 그런 키가 없습니다.",
        "an admin adds it: batmon user add",
        "관리자가 추가합니다: batmon user add",
    ),
    "no-key-of": (
        "no key of {name} matches",
        "{name}에게 맞는 키가 없습니다.",
        "`batmon user list` shows them",
        "`batmon user list`에서 볼 수 있습니다.",
    ),
    "private-key": (
        "this is a private key",
        "개인 키입니다.",
        "give the public one: the file that ends in .pub",
        "공개 키를 주세요: .pub로 끝나는 파일입니다.",
    ),
    "not-a-public-key": (
        "this is not a public key in OpenSSH's form",
        "OpenSSH 형식의 공개 키가 아닙니다.",
        "one line beginning with {type}",
        "{type}(으)로 시작하는 한 줄입니다.",
    ),
    "key-damaged": (
        "the key's text is damaged",
        "키의 글자가 깨졌습니다.",
        "copy the whole line of the .pub file",
        ".pub 파일의 줄 전체를 복사하세요.",
    ),
    "key-of-another-type": (
        "the key says that it is {said} and holds {type!r:.40}",
        "키의 종류가 {said}(이)라고 적혀 있으나 내용은 {type:.40}입니다.",
    ),
    "key-too-short": (
        "an RSA key of less than 2048 bits is not taken",
        "2048비트보다 짧은 RSA 키는 받지 않습니다.",
        "ssh-keygen -t ed25519",
        "ssh-keygen -t ed25519",
    ),
    "expiry-no-time": (
        "expiry {text!r:.40} is not a time",
        "만료 시각이 아닙니다: {text:.40}",
        "2027-12-31, or OpenSSH's 20271231 or 20271231235959Z",
        "2027-12-31, 또는 OpenSSH의 20271231이나 20271231235959Z",
    ),
    "not-options-and-key": ("this is not options and a public key", "옵션과 공개 키가 아닙니다."),
    "strange-option": ("option {name} is not known", "모르는 옵션입니다: {name}", "known: {known}", "옵션: {known}"),
    "option-twice": ("option {name} is given twice", "옵션이 두 번 있습니다: {name}"),
    "not-a-user-name": (
        "name {name!r:.70} is not a user name",
        "사용자 이름이 아닙니다: {name:.70}",
        'name="kim": letters, digits and . _ - @',
        'name="kim": 글자, 숫자, . _ - @',
    ),
    "not-an-address": (
        "from {pattern!r:.60} is not an address, a network or a pattern of one",
        "from의 값이 주소도 네트워크도 그 패턴도 아닙니다: {pattern:.60}",
    ),
    "no-user": (
        "there is no user {name!r:.70}",
        "‘{name:.70}’ 사용자가 없습니다.",
        "batmon user list",
        "batmon user list",
    ),
    "cannot-write": ("{path} cannot be written: {why}", "쓸 수 없습니다: {path}: {why}"),
    "not-a-regular-file": (
        "{path} is not a regular file",
        "일반 파일이 아닙니다: {path}",
        "move it away",
        "다른 곳으로 옮기세요.",
    ),
    "keys-writable": (
        "{path} can be written by others",
        "다른 사람이 쓸 수 있는 파일입니다: {path}",
        "chmod 600 {path}, and look through it",
        "chmod 600 {path} 후 내용을 살펴보세요.",
    ),
    "keys-of-another": (
        "{path} belongs to uid {owner}",
        "uid {owner}의 파일입니다: {path}",
        "chown it: {path}",
        "소유자를 바꾸세요: chown {path}",
    ),
    "keys-too-large": ("{path} is larger than {most:,} bytes", "{most:,}바이트보다 큽니다: {path}"),
    "password-length": (
        "the operation password must have {shortest} to {longest} characters",
        "작업 비밀번호는 {shortest}~{longest}자여야 합니다.",
    ),
    "no-password": (
        "no operation password is set",
        "작업 비밀번호가 아직 정해지지 않았습니다.",
        "an admin sets one: batmon password set",
        "관리자가 서버에서 정합니다: batmon password set",
    ),
    "password-no-hash": (
        "{path} holds no usable hash",
        "{path}에 쓸 수 있는 해시가 없습니다.",
        "batmon password set",
        "batmon password set",
    ),
    "password-no-file": (
        "{path} is no file of ours",
        "우리 파일이 아닙니다: {path}",
        "move it away, then: batmon password set",
        "다른 곳으로 옮긴 뒤: batmon password set",
    ),
    "password-writable": (
        "{path} can be written by others",
        "다른 사람이 쓸 수 있는 파일입니다: {path}",
        "batmon password set makes a new one",
        "batmon password set으로 새로 만드세요.",
    ),
    "password-unreadable": (
        "{path} cannot be read: {why}",
        "읽을 수 없습니다: {path}: {why}",
        "batmon password set",
        "batmon password set",
    ),
    "password-memory": (
        "{path} asks for too much memory",
        "{path}이(가) 메모리를 너무 많이 요구합니다.",
        "batmon password set makes a new one",
        "batmon password set으로 새로 만드세요.",
    ),
    "key-expired-already": (
        "the key would be expired already: {until} UTC is over",
        "이미 만료된 키가 됩니다: {until} UTC는 지났습니다.",
    ),
    "wrong-password": (
        "the operation password is wrong",
        "작업 비밀번호가 틀렸습니다.",
        "tries left before a lock: {left}",
        "{left}번 더 틀리면 한동안 잠깁니다.",
    ),
    "locked-out": (
        "{tries} wrong passwords: {user} is locked for {minutes} minutes",
        "비밀번호를 {tries}번 틀려서 {minutes}분 동안 잠겼습니다.",
        "try again in {seconds} s",
        "{seconds}초 뒤에 다시 시도하세요.",
    ),
    "key-refused": ("{why}", "이 키로는 들어올 수 없습니다: {why}", "ask an admin", "관리자에게 요청하세요."),
    "no-user-with-key": (
        "there is no user {name!r:.70} with the key {fingerprint}",
        "그 키를 가진 ‘{name:.70}’ 사용자가 없습니다: {fingerprint}",
        "batmon user list",
        "batmon user list",
    ),
    "no-role": (
        "role {written!r:.40} is not viewer, operator or admin",
        "‘{written:.40}’ 권한은 없습니다. viewer, operator, admin 중 하나여야 합니다.",
    ),
}
