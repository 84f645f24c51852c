"""Automations, events, inboxes, and the steps that all three do."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "automation-not-configured": (
        "the automation {name!r} is not in this daemon's configuration",
        "‘{name}’ 자동화가 이 데몬의 설정에 없습니다.",
    ),
    "no-rule": ("no rule is called {rule!r:.60}", "‘{rule:.60}’ 규칙이 없습니다.", "rules: {known}", "규칙: {known}"),
    "no-event": (
        "there is no event {number}",
        "이벤트 {number}번이 없습니다.",
        "batmon event list shows them",
        "`batmon event list`에서 볼 수 있습니다.",
    ),
    "action-needs-role": (
        "{title} takes the role {role}, and this key has {own}",
        "‘{title}’에는 {role} 권한이 필요합니다. 이 키의 권한은 {own}입니다.",
    ),
    "not-waiting": (
        "{item} does not wait in {title}",
        "{title}: {item}번은 기다리고 있지 않습니다.",
        "somebody else may have been first",
        "다른 사람이 먼저 처리했을 수 있습니다.",
    ),
    "no-action": (
        "{inbox} has no action {name!r:.60}",
        "{inbox}에는 ‘{name:.60}’ 처리가 없습니다.",
        "actions: {known}",
        "처리: {known}",
    ),
    "action-asks": (
        "{action} asks for {known}",
        "{action} 처리에 필요한 값입니다: {known}",
        "--set {first}=...",
        "--set {first}=...",
    ),
    "action-asks-not": (
        "{action} does not ask for {known}",
        "{action} 처리가 묻지 않는 값입니다: {known}",
        "it asks for {asked}",
        "묻는 값: {asked}",
    ),
    "answer-too-long": (
        "{name} has {count:,} characters; {most:,} are taken",
        "{name}: {count:,}자입니다. {most:,}자까지 쓸 수 있습니다.",
    ),
    "automation-running": (
        "{name} is running already",
        "{name}은(는) 이미 실행 중입니다.",
        'wait until it has ended, or configure overlap = "queue"',
        '끝난 뒤에 다시 하거나 overlap = "queue"로 설정하세요.',
    ),
    "backup-unwritable": (
        "{place}: the backup cannot be written: {why}{where}",
        "{place}: 백업을 쓸 수 없습니다: {why}{where}",
    ),
    "command-not-started": (
        "{place}: {command} cannot be started: {why}",
        "{place}: {command} 명령을 시작할 수 없습니다: {why}",
    ),
    "no-reports-here": ("{place}: reports cannot be made here", "{place}: 여기에서는 보고서를 만들 수 없습니다."),
    "no-such-step-here": (
        "{place}: this kind of step cannot be done here",
        "{place}: 여기에서는 이 단계를 할 수 없습니다.",
    ),
    "command-ended": (
        "{command} ended with {code}: {last} ({place})",
        "{command} 명령이 종료 코드 {code}(으)로 끝났습니다: {last} ({place})",
    ),
    "not-one-row": ("{place}: expected one row, and there are {count}", "{place}: 한 행이어야 하는데 {count}행입니다."),
    "no-rows": ("{place}: expected rows, and there is none", "{place}: 행이 있어야 하는데 없습니다."),
    "step-failed": ("{place}: {why}", "{place}: {why}", "{hint}", "{hint}"),
    "no-automation": (
        "no automation is called {name!r}",
        "‘{name}’ 자동화가 없습니다.",
        "automations: {known}",
        "자동화: {known}",
    ),
    "no-automation-at-all": (
        "no automation is called {name!r}",
        "‘{name}’ 자동화가 없습니다.",
        "write [[automations]] into the configuration",
        "설정에 [[automations]]를 적으세요.",
    ),
    "automation-elsewhere": (
        "no automation {name!r} can be run here",
        "‘{name}’ 자동화는 여기에서 실행하지 않습니다.",
        "it runs on {node}",
        "{node}에서 실행합니다.",
    ),
    "automation-not-here": (
        "no automation {name!r} can be run here",
        "여기에서 실행할 ‘{name}’ 자동화가 없습니다.",
        "automations: {known}",
        "자동화: {known}",
    ),
    "event-is-done": (
        "event {number} cannot be handled again: it is done",
        "이벤트 {number}번은 이미 처리되어 다시 할 수 없습니다.",
    ),
    "event-without-rule": (
        "event {number} cannot be handled again: no rule is called {rule} any more",
        "이벤트 {number}번은 다시 할 수 없습니다. ‘{rule}’ 규칙이 이제 없습니다.",
    ),
    "done-by-another": (
        "{item} does not wait in {title} any more: {done} by {by}, {at}",
        "{title}: {item}번은 {by} 님이 이미 처리했습니다({done}, {at}).",
    ),
    "no-inbox": (
        "no inbox is called {name!r:.60}",
        "‘{name:.60}’ 처리함이 없습니다.",
        "inboxes: {known}",
        "처리함: {known}",
    ),
    "no-inbox-at-all": (
        "no inbox is called {name!r:.60}",
        "‘{name:.60}’ 처리함이 없습니다.",
        "none is configured",
        "설정된 처리함이 없습니다.",
    ),
    "command-too-slow": (
        "{place}: {command} was ended after {seconds:g} seconds",
        "{place}: {command} 명령을 {seconds:g}초 뒤에 끝냈습니다.",
    ),
    "command-too-slow-saying": (
        "{place}: {command} was ended after {seconds:g} seconds; its last line: {last}",
        "{place}: {command} 명령을 {seconds:g}초 뒤에 끝냈습니다. 마지막 줄: {last}",
    ),
    "not-found-out": ("{place}: {called} cannot be found out", "{place}: {called} 값을 알 수 없습니다."),
    "sql-type-unknown": (
        "{place}: Postgres cannot tell of what type a parameter is here: {why}",
        "{place}: Postgres가 매개변수의 형식을 알 수 없습니다: {why}",
        "say it, as in {name}::text",
        "{name}::text처럼 적으세요.",
    ),
    "sql-too-slow": (
        "{place}: the SQL took longer than {seconds:g} seconds",
        "{place}: SQL이 {seconds:g}초보다 오래 걸렸습니다.",
    ),
    "sql-unreadable": (
        "{place}: what the SQL brings back cannot be read: {why}",
        "{place}: SQL의 결과를 읽을 수 없습니다: {why}",
    ),
    "no-value": (
        "{where}there is no :{name}",
        "{where}:{name} 값이 없습니다.",
        "there are {known}",
        "있는 것: {known}",
    ),
    "no-value-in-one": (
        "{where}there is no :{name}",
        "{where}:{name} 값이 없습니다.",
        ":{so_far} is a single value",
        ":{so_far}은(는) 값 하나입니다.",
    ),
    "value-does-not-fit": (
        "{place}: :{name} does not fit {type}: {why:.300}",
        "{place}: :{name} 값이 {type} 형식에 맞지 않습니다: {why:.300}",
    ),
    "sql-too-many-rows": (
        "{place}: the SQL brings back more than {most:,} rows",
        "{place}: SQL의 결과가 {most:,}행보다 많습니다.",
        "add a LIMIT",
        "LIMIT를 붙이세요.",
    ),
    "sql-too-large": (
        "{place}: the SQL brings back more than {most} MiB",
        "{place}: SQL의 결과가 {most}MiB보다 큽니다.",
        "name the columns that are needed",
        "필요한 열만 적으세요.",
    ),
    "item-without-id": (
        "{place}: an item has no id",
        "{place}: id가 없는 항목이 있습니다.",
        'the query needs a column "id" that is never empty',
        '질의에 비지 않는 "id" 열이 있어야 합니다.',
    ),
    "codes-not-made": (
        "{place}: codes in {column} of {table}: {why}",
        "{place}: {table}의 {column} 코드를 만들 수 없습니다: {why}",
    ),
    "codes-all-taken": (
        "{place}: {tries} codes in a row are taken in {column} of {table}",
        "{place}: {table}의 {column}에서 코드 {tries}개가 이어서 이미 쓰였습니다.",
        "give the format more letters or digits",
        "형식에 글자나 숫자를 더하세요.",
    ),
    "executed-by-another": ("somebody else executes {number} by now", "{number}번은 다른 곳에서 실행하고 있습니다."),
}
