"""Messages, channels, their templates, and the bell."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "owed-already": (
        "notification {number} is owed already",
        "알림 {number}번은 이미 보낼 차례를 기다리고 있습니다.",
        "it is tried by itself: see when it is due",
        "저절로 다시 보냅니다. 예정 시각을 보세요.",
    ),
    "recipient-of-one-line": ("recipient must be an address of one line", "받는 사람은 한 줄로 된 주소여야 합니다."),
    "must-be-template": (
        "template must be a name, such as incident or hdh/welcome",
        "template은 incident나 hdh/welcome 같은 이름이어야 합니다.",
    ),
    "template-too-slow": (
        "the template {template} takes longer than {seconds:g} s",
        "템플릿 {template}이(가) {seconds:g}초보다 오래 걸립니다.",
    ),
    "no-channel": (
        "no channel is called {name!r}",
        "‘{name}’ 채널이 없습니다.",
        "configured: {known}",
        "설정된 채널: {known}",
    ),
    "no-notification": (
        "there is no notification {number}",
        "알림 {number}번이 없습니다.",
        "batmon notify list shows them",
        "`batmon notify list`에서 볼 수 있습니다.",
    ),
    "not-a-template-name": ("{name!r:.80} is not the name of a template", "템플릿의 이름이 아닙니다: {name:.80}"),
    "no-message-template": (
        "there is no template {name!r}",
        "‘{name}’ 템플릿이 없습니다.",
        "known: {known}",
        "템플릿: {known}",
    ),
    "template-unreadable": ("{path}: the template cannot be read: {why}", "템플릿을 읽을 수 없습니다: {path}: {why}"),
    "template-too-long": (
        "{path}: the template is longer than {most} bytes",
        "템플릿이 {most}바이트보다 깁니다: {path}",
    ),
    "template-not-utf8": ("{path}: the template is not UTF-8", "템플릿이 UTF-8이 아닙니다: {path}"),
    "template-no-header": (
        "{path}:{number}: {line!r:.60} stands before the first blank line and is no header",
        "{path}:{number}: 첫 빈 줄보다 앞에 있는데 머리글이 아닙니다: {line:.60}",
        "the first lines are Subject: ..., then a blank line, then the body",
        "먼저 Subject: ... 줄, 그다음 빈 줄, 그다음 본문입니다.",
    ),
    "template-no-subject": (
        "{path}:1: there must be one line Subject: ... before the first blank line",
        "{path}:1: 첫 빈 줄 앞에 Subject: ... 줄이 하나 있어야 합니다.",
    ),
    "layout-gone": (
        "the layout _plain.html is not there",
        "_plain.html이 없습니다.",
        "install BATMON again",
        "BATMON을 다시 설치하세요.",
    ),
    "no-sample-data": (
        "{why}",
        "{why}",
        'a template of yours has no sample data: give it some, as in --data \'{{"row": {{"name": "Kim"}}}}\'',
        '직접 만든 템플릿에는 표본 자료가 없습니다. 예: --data \'{{"row": {{"name": "Kim"}}}}\'',
    ),
    "template-does-not-parse": ("{place}: {why}", "템플릿을 읽을 수 없습니다: {place}: {why}"),
    "template-does-not-fit": ("{place}: {why}", "템플릿이 자료에 맞지 않습니다: {place}: {why}", "{hint}", "{hint}"),
    "attachments-too-large": (
        "the files of a message have {size:,} bytes, and {most:,} are taken",
        "알림에 붙는 파일이 {size:,}바이트입니다. {most:,}바이트까지 붙일 수 있습니다.",
    ),
    "data-too-long": (
        "what a message is given has {count:,} characters, and {most:,} are taken",
        "알림에 주는 자료가 {count:,}자입니다. {most:,}자까지 줄 수 있습니다.",
        "select only the rows and columns that its template needs",
        "템플릿에 필요한 행과 열만 고르세요.",
    ),
}
