"""Reports being made: their process, their files, who gets them, and their schedules."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "report-not-started": ("the report could not be started: {why}", "보고서를 시작하지 못했습니다: {why}"),
    "report-too-slow": (
        "the report takes longer than {minutes:.0f} minutes",
        "보고서가 {minutes:.0f}분 넘게 걸립니다.",
        "ask for a shorter period",
        "기간을 줄이세요.",
    ),
    "report-file-changed": (
        "the file of report {number} was changed since it was made",
        "보고서 {number}번의 파일이 만든 뒤에 바뀌었습니다.",
        "make it again",
        "다시 만드세요.",
    ),
    "reports-wait": (
        "{most} reports are being made or wait already",
        "보고서 {most}개를 만들고 있거나 만들 차례입니다.",
        "try again when some are done",
        "몇 개가 끝난 뒤에 다시 시도하세요.",
    ),
    "no-report": (
        "there is no report {number}",
        "보고서 {number}번이 없습니다.",
        "batmon report list",
        "`batmon report list`에서 볼 수 있습니다.",
    ),
    "report-file-gone": (
        "the file of report {number} is not there any more",
        "보고서 {number}번의 파일이 이제 없습니다.",
        "make it again",
        "다시 만드세요.",
    ),
    "report-being-made": (
        "report {number} is being made",
        "보고서 {number}번을 만드는 중입니다.",
        "wait until it is done",
        "끝날 때까지 기다리세요.",
    ),
    "report-elsewhere": (
        "the file of report {number} is on {node}",
        "보고서 {number}번의 파일은 {node}에 있습니다.",
        "ask the daemon of {node}",
        "{node}의 데몬에서 받으세요.",
    ),
    "no-report-schedule": (
        "no schedule of a report is called {name!r:.60}",
        "‘{name:.60}’ 정기 보고서가 없습니다.",
        "batmon report schedule list",
        "`batmon report schedule list`에서 볼 수 있습니다.",
    ),
    "too-many-schedules": (
        "there are {most} schedules already",
        "정기 보고서가 이미 {most}개 있습니다.",
        "batmon report schedule remove NAME",
        "batmon report schedule remove 이름",
    ),
    "schedule-exists": (
        "there is a schedule {name} already",
        "‘{name}’ 정기 보고서가 이미 있습니다.",
        "remove it first, or choose another name",
        "먼저 지우거나 다른 이름을 쓰세요.",
    ),
    "too-often": (
        "{times!r} is more often than every {minutes} minutes",
        "{minutes}분보다 잦은 일정입니다: {times}",
        'such as "0 * * * *" each hour',
        '예: 매시간 "0 * * * *"',
    ),
    "same-period-each-time": (
        "{word} is the same period each time",
        "{word}은(는) 매번 같은 기간입니다.",
        "use a word such as last-month, or leave it out",
        "last-month 같은 말을 쓰거나 비워 두세요.",
    ),
    "too-many-alike": (
        "{count:,} reports are called {name}",
        "이름이 {name}인 보고서가 {count:,}개입니다.",
        "remove some: batmon report remove ID",
        "몇 개를 지우세요: batmon report remove 번호",
    ),
    "report-not-put": ("{name} cannot be put where reports are: {why}", "보고서 폴더에 둘 수 없습니다: {name}: {why}"),
    "not-a-report-path": (
        "{path!r:.200} is not where reports are",
        "보고서가 있는 곳이 아닙니다: {path:.200}",
        "make it again",
        "다시 만드세요.",
    ),
    "report-not-removed": ("{name} cannot be removed: {why}", "지울 수 없습니다: {name}: {why}"),
    "report-file-unreadable": (
        "the report's file cannot be read: {why}: {path}",
        "보고서 파일을 읽을 수 없습니다: {why}: {path}",
    ),
    "report-ended": (
        "the report's process ended without an answer (exit code {code})",
        "보고서를 만들던 프로세스가 답 없이 끝났습니다(종료 코드 {code}).",
        "the daemon's log has the details",
        "데몬의 로그에 자세한 내용이 있습니다.",
    ),
    "report-was-ended": (
        "the report's process was ended ({signal})",
        "보고서를 만들던 프로세스가 강제로 끝났습니다({signal}).",
        "the daemon's log has the details",
        "데몬의 로그에 자세한 내용이 있습니다.",
    ),
    "report-memory": (
        "the report needs more than {size} GB of memory",
        "보고서에 메모리가 {size}GB보다 많이 필요합니다.",
        "ask for a shorter period or fewer programs",
        "기간이나 프로그램을 줄이세요.",
    ),
    "report-unwritable": (
        "the report cannot be written: {why}",
        "보고서를 쓸 수 없습니다: {why}",
        "see to the disk of the state folder",
        "상태 폴더의 디스크를 살펴보세요.",
    ),
    "report-fault": (
        "the report could not be made: {why}",
        "보고서를 만들지 못했습니다: {why}",
        "please report this as a fault of BATMON",
        "BATMON의 오류입니다. 알려 주세요.",
    ),
    "report-failed": (
        "the report could not be made: {why}",
        "보고서를 만들지 못했습니다: {why}",
        "the daemon's log has the details",
        "데몬의 로그에 자세한 내용이 있습니다.",
    ),
    "no-reports-folder": (
        "the folder for reports cannot be made: {why}: {path}",
        "보고서 폴더를 만들 수 없습니다: {why}: {path}",
        "see to the state folder",
        "상태 폴더를 살펴보세요.",
    ),
    "bad-schedule-name": (
        "{why}",
        "정기 보고서의 이름으로 쓸 수 없습니다: {name:.60}",
        "as in: --name weekly",
        "50자까지, '/', '\\', 제어 문자, 앞뒤 공백 없이 '-'가 아닌 글자로 시작하는 이름을 적으세요.",
    ),
    "bad-schedule-times": (
        "{why}",
        "일정이 아니거나 오지 않는 날입니다: {times:.60}",
        'as in: batmon report schedule add weekly_ops "0 9 * * 1"',
        '분 시 일 월 요일 순으로 적으세요. 예: batmon report schedule add weekly_ops "0 9 * * 1"',
    ),
    "report-has-no-file": (
        "report {number} is {status} and has no file",
        "보고서 {number}번에는 파일이 없습니다({status}).",
        "{why}",
        "{why}",
    ),
    "font-unusable": (
        "[reports] {key}: {path} cannot be used: {why}",
        "[reports] {key}: 글꼴을 쓸 수 없습니다: {path}: {why}",
        "name a TrueType file (.ttf, .ttc) with Korean letters",
        "한글이 든 TrueType 파일(.ttf, .ttc)을 적으세요.",
    ),
    "no-korean-font": (
        "a PDF cannot be made: there is no TrueType font with Korean letters",
        "PDF를 만들 수 없습니다. 한글이 든 TrueType 글꼴이 없습니다.",
        (
            "install one (Debian, Ubuntu: apt-get install fonts-nanum; without root: "
            "pip install --no-deps koreanize-matplotlib), or name a .ttf file with Korean letters as font in [reports]"
        ),
        (
            "글꼴을 설치하거나(Debian, Ubuntu: apt-get install fonts-nanum; root 없이: "
            "pip install --no-deps koreanize-matplotlib) [reports] font에 한글이 든 .ttf 파일을 적으세요."
        ),
    ),
    "no-email-section": (
        "no mail can be sent: there is no [email] section",
        "메일을 보낼 수 없습니다. 설정에 [email]이 없습니다.",
        "see docs/notifications.md",
        "docs/notifications.md를 보세요.",
    ),
    "no-recipient": ("nobody is to get it", "받는 사람이 없습니다.", "name addresses", "주소를 주세요."),
    "must-be-addresses": ("{key} must be addresses", "{key} 값은 메일 주소여야 합니다."),
    "too-many-addresses": (
        "{count} addresses are given, and {most} are taken",
        "주소가 {count}개입니다. {most}개까지 쓸 수 있습니다.",
        "use the address of a mailing list",
        "메일링 리스트의 주소를 쓰세요.",
    ),
    "address-too-long": ("{key}: an address has at most {most} characters", "{key}: 주소는 {most}자까지입니다."),
    "bad-address": (
        "{why}",
        "메일 주소가 아닙니다: {address:.80}",
        'an address is written "kim@example.com"',
        '"kim@example.com"처럼 적으세요.',
    ),
    "own-no-column": (
        "{place}: the SQL gives no column {name!r:.60}",
        "{place}: SQL이 {name:.60} 열을 주지 않습니다.",
        "it gives {known}",
        "주는 열: {known}",
    ),
    "own-wrong-cell": (
        "{where}: {value!r:.60} in row {row} of the column {column} is no {kind}",
        "{where}: {column} 열의 {row}행 값이 {kind}이(가) 아닙니다: {value:.60}",
        "change the column's kind, or the SQL",
        "열의 kind나 SQL을 고치세요.",
    ),
    "own-not-a-number": (
        "{where}: the chart's column {column} holds {value!r:.60}, which is no number",
        "{where}: 차트의 {column} 열에 숫자가 아닌 값이 있습니다: {value:.60}",
    ),
    "report-too-slow-by-seconds": (
        "the report takes longer than {seconds:g} seconds",
        "보고서가 {seconds:g}초 넘게 걸립니다.",
        "ask for a shorter period",
        "기간을 줄이세요.",
    ),
}
