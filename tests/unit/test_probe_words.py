"""What is said of probes in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon.judge.probe import Rule, Sample, judge
from batmon.model import Status
from batmon.probe_words import FAULTS, KINDS, seconds_in_words, size_in_words
from batmon.words import duration, say

NOW = datetime(2026, 3, 4, 17, 14, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
TEN = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)
API = Rule("http", MINUTE, TEN, warn=3.0, unit="s")
DISK = Rule("disk", MINUTE, TEN, 15.0, 5.0, "%", below=True)
SPACE = Rule("disk", MINUTE, TEN, 20 * 1024.0**3, 2 * 1024.0**3, "B", below=True)
CPU = Rule("cpu", MINUTE, TEN, warn=90.0, unit="%", lasting=2 * MINUTE)
CERTIFICATE = Rule("certificate", MINUTE, TEN, 14.0, 3.0, "d", below=True)
JOBS = Rule("automations", MINUTE, TEN, crit=0.0)
MAIL = Rule("mail", MINUTE, TEN, warn=10.0, unit="%")
CONTAINER = Rule("container", MINUTE, TEN, warn=2.0)
COMMAND = Rule("command", MINUTE, TEN)


def look(value=None, fault="", *, ago=0, **more):
    return Sample(NOW - ago * MINUTE, more.pop("seconds", 0.2), value=value, fault=fault, **more)


@pytest.mark.parametrize(
    ("rule", "looks", "korean", "english"),
    [
        (API, [look(0.21)], "응답 시간 210ms", "response time 210ms"),
        (API, [look(4.2)], "응답 시간 4.2초 (기준 3초)", "response time 4.2s (limit 3s)"),
        (API, [look(61.0)], "응답 시간 1분 01초 (기준 3초)", "response time 1m 01s (limit 3s)"),
        (API, [look(fault="timeout")], "10초 안에 응답 없음", "no answer within 10s"),
        (API, [look(fault="refused")], "연결이 거부됨", "connection refused"),
        (API, [look(fault="status", detail="500 Internal Server Error", facts={"expected": "200-399"})],
         "HTTP 500 Internal Server Error 응답 (기대: 200-399)", "HTTP 500 Internal Server Error instead of 200-399"),
        (API, [look(fault="hostname", detail="x")], "인증서가 이 호스트의 것이 아님: x",
         "the certificate is not for this host: x"),
        (API, [look(fault="{detail}")], "점검 실패", "the check failed"),
        (DISK, [look(4.0, facts={"free": 3 * 1024**3})], "디스크 여유 공간 4% (3GB) (기준 5%)",
         "free disk space 4% (3GB) (limit 5%)"),
        (SPACE, [look(1.5 * 1024**3)], "디스크 여유 공간 1.5GB (기준 2GB)", "free disk space 1.5GB (limit 2GB)"),
        (DISK, [look(fault="missing", detail="/mnt/nas", blind=True)], "확인할 수 없음: 찾을 수 없음: /mnt/nas",
         "could not look: not found: /mnt/nas"),
        (CPU, [look(97.0)], "CPU 사용률 97% (기준 90%, 2분 지속되면 주의)", "CPU use 97% (limit 90%, bad after 2m)"),
        (CPU, [look(97.0), look(95.0, ago=1), look(99.0, ago=2)], "CPU 사용률 97% (기준 90%, 2분 넘게)",
         "CPU use 97% (limit 90%, for 2m or more)"),
        (CERTIFICATE, [look(80.4)], "인증서 만료까지 80일", "certificate expires in 80 days"),
        (CERTIFICATE, [look(1.5)], "인증서 만료까지 1일 12시간 (기준 3일)",
         "certificate expires in 1d 12h (limit 3 days)"),
        (CERTIFICATE, [look(-9.5)], "인증서가 9일 전에 만료됨", "the certificate expired 9 days ago"),
        (JOBS, [look(0.0)], "자동화 모두 정상", "all automations are well"),
        (JOBS, [look(2.0, detail="backup, daily_stats")], "실패했거나 실행되지 않은 자동화 2건: backup, daily_stats",
         "2 automations failed or never ran: backup, daily_stats"),
        (MAIL, [look(None, facts={"total": 3, "failed": 3})], "메일 3건 발송, 판정하기에 적음",
         "3 mails sent, too few to judge"),
        (MAIL, [look(12.5, facts={"total": 120, "failed": 15})],
         "메일 발송 실패율 12.5% (120건 중 15건 실패) (기준 10%)",
         "mail failure rate 12.5% (15 of 120 failed) (limit 10%)"),
        (CONTAINER, [look(0.0)], "컨테이너 실행 중", "the container is running"),
        (CONTAINER, [look(3.0)], "최근 1시간 컨테이너 재시작 3회 (기준 2회)",
         "container restarts in the last hour 3 (limit 2)"),
        (CONTAINER, [look(fault="not_running", detail="exited (137)")], "컨테이너가 실행 중이 아님: exited (137)",
         "the container is not running: exited (137)"),
        (COMMAND, [look(status=Status.WARNING, detail="NTP - 0.8s")], "NTP - 0.8s", "NTP - 0.8s"),
        (COMMAND, [look(fault="exit", blind=True, detail="usage", facts={"exit_code": 3})],
         "확인할 수 없음: 종료 코드 3: usage", "could not look: exit code 3: usage"),
        (API, [look(0.1, ago=60)], "01:14 이후 점검하지 못함", "not looked at since 01:14"),
    ],
)  # fmt: skip
def test_sentences(rule, looks, korean, english):
    verdict = judge("p", rule, looks, now=NOW)
    assert say(verdict.reason, verdict.facts, "ko", SEOUL, NOW) == korean
    assert say(verdict.reason, verdict.facts, "en", SEOUL, NOW) == english


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_fault_has_its_sentence(fault, language):
    for blind in (False, True):
        verdict = judge("p", API, [look(fault=fault, blind=blind)], now=NOW)
        said = say(verdict.reason, verdict.facts, language, SEOUL, NOW)
        assert said.strip()
        assert "{" not in said


def test_every_kind_has_a_name_in_both_languages():
    assert all(korean and english for korean, english in KINDS.values())


@pytest.mark.parametrize(
    ("seconds", "korean"),
    [
        (0.0, "0ms"),
        (0.0004, "<1ms"),
        (0.0123, "12ms"),
        (0.9994, "999ms"),
        (0.9996, "1초"),
        (1.0, "1초"),
        (4.25, "4.2초"),
        (12.7, "12초"),
    ],
)
def test_short_times(seconds, korean):
    assert seconds_in_words(seconds, "ko", lambda longer: duration(longer, "ko")) == korean


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KB"), (1536, "1.5KB"), (1024**4, "1TB"), (1024**4 * 2048.5, "2048.5TB")],
)
def test_sizes(count, words):
    assert size_in_words(count) == words
