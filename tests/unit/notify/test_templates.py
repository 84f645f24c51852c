"""Templates: where they are found, what they may do, what they say when they cannot be used, and what they hide."""

import tomllib
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from batmon.errors import TemplateError
from batmon.model import Status
from batmon.notify.incident_data import SHOWN, TEMPLATES, IncidentNotice, IncidentProgram
from batmon.notify.samples import sample
from batmon.notify.template_files import SHIPPED
from batmon.notify.templates import MASKED_TEMPLATES, Templates

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
ROOT = Path(__file__).resolve().parents[3]


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def rendered(folder, text, data=None, language="en", **files):
    write(folder, "templates/mine.en.txt", text)
    for name, content in files.items():
        write(folder, f"templates/{name.replace('__', '.')}", content)
    return Templates(folder, SEOUL).render("mine", language, data or {})


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", Templates(None).names())
def test_every_shipped_template_can_be_rendered_with_its_sample(name, language):
    shown = Templates(None, SEOUL).render(name, language, sample(name, language, NOW))
    message = shown.message(uuid.uuid4(), "ops@example.com", NOW)
    assert message.subject.startswith("[BATMON] ")
    assert shown.language == language
    assert "\n\n\n" not in shown.text
    assert "{" not in shown.text
    assert shown.html.startswith("<!DOCTYPE html>")
    assert "None" not in shown.text
    if name in TEMPLATES.values():
        assert shown.event == next(event for event, template in TEMPLATES.items() if template == name)
        assert shown.link == "https://batmon.example.com/"
        assert shown.correlation == "sample"


def test_the_shipped_templates_are_those_that_were_promised_in_both_languages():
    files = {path.name for path in SHIPPED.glob("*.txt") if not path.name.startswith("_")}
    names = {name.split(".")[0] for name in files}
    assert names == MASKED_TEMPLATES | {"backup_done", "reminder", "report_ready", "test"}
    assert files == {f"{name}.{language}.txt" for name in names for language in ("ko", "en")}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("attached", [True, False])
def test_each_figure_of_a_report_is_a_line_of_its_mail(language, attached):
    data = sample("report_ready", language, NOW) | {"attached": attached, "too_large": not attached}
    for figures in (data["figures"], []):
        text = Templates(None, SEOUL).render("report_ready", language, data | {"figures": figures}).text
        lines = text.splitlines()
        assert lines[1] == ""
        assert lines[2 : 2 + len(figures)] == [f"{name}: {value}" for name, value in figures]
        assert [line.partition(":")[0] for line in lines if line.startswith(("SHA-256:", "Place:", "위치:"))] == [
            "위치" if language == "ko" else "Place", "SHA-256",
        ]  # fmt: skip
        assert "\n\n\n" not in text


def test_the_wheel_brings_them_along():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "daemon/batmon" in build["packages"]
    assert not {"exclude", "only-include", "include"} & build.keys()


def test_ones_own_before_the_packs_before_the_shipped_one(tmp_path):
    data = sample("test", "en", NOW)
    write(tmp_path, "packs/hdh/templates/welcome.ko.txt", "Subject: pack {{ row.name }}\n\npack")
    templates = Templates(tmp_path)
    assert "hdh/welcome" in templates.names()
    assert templates.render("hdh/welcome", "ko", {"row": {"name": "김"}}).subject == "pack 김"
    write(tmp_path, "templates/hdh/welcome.ko.txt", "Subject: mine\n\nmine")
    write(tmp_path, "templates/test.en.txt", "Subject: my test\n\n{{ channel }}")
    assert templates.render("hdh/welcome", "ko", {}).text == "mine"
    assert templates.render("test", "en", data).subject == "my test"
    assert templates.render("test", "ko", data).subject.startswith("[BATMON] 시험")


def test_another_language_stands_in(tmp_path):
    write(tmp_path, "templates/only.ko.txt", "Subject: 제목\n\n{{ language }}")
    shown = Templates(tmp_path).render("only", "en", {})
    assert (shown.language, shown.text) == ("ko", "ko")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b/c", "/etc/passwd", "", "a\0", "..", "hdh/..", "x" * 200, "_mail"]
)
def test_no_name_leads_out_of_the_folders(tmp_path, name):
    with pytest.raises(TemplateError):
        Templates(tmp_path).render(name, "en", {})


def test_headers_of_a_template(tmp_path):
    shown = rendered(
        tmp_path,
        "{# words for whoever edits this #}\nSubject: {{ a }}\n  and more\nTitle: short\nStatus: WARNING\n"
        "Field: Name = {{ a }} = b\nField: Other = 2\nLink: https://example.com/{{ a }}\n\nbody\n\nmore\n",
        {"a": "x", "event": "opened", "correlation": "c", "fields": [["from", "data"]]},
    )
    assert (shown.subject, shown.title, shown.status) == ("x and more", "short", "WARNING")
    assert shown.fields == (("Name", "x = b"), ("Other", "2"), ("from", "data"))
    assert (shown.link, shown.event, shown.correlation) == ("https://example.com/x", "opened", "c")
    assert shown.text == "body\n\nmore"


def test_what_data_says_of_the_message_is_checked(tmp_path):
    data = {"event": "boom", "status": "BAD", "link": "javascript:alert(1)", "correlation": 5, "fields": ["x", [1, 2]]}
    shown = rendered(tmp_path, "Subject: s\n\nb", data)
    assert (shown.event, shown.status, shown.link, shown.correlation) == ("plain", "", "", "")
    assert shown.fields == (("1", "2"),)


def test_data_never_becomes_a_header_nor_a_template(tmp_path):
    hostile = "x\r\nBcc: evil@example.com\n\n{{ 7 * 7 }}{% raw %}\u202e\x1b[31m"
    shown = rendered(tmp_path, "Subject: {{ a }}\n\n{{ a }}", {"a": hostile})
    assert "\n" not in shown.subject
    assert "{{ 7 * 7 }}" in shown.text
    assert not {"\x1b", "\u202e", "\r"} & set(shown.text + shown.subject)


def test_html_is_escaped_and_made_of_the_text_where_there_is_none(tmp_path):
    data = {"a": '<script>alert(1)</script> & "x"'}
    shown = rendered(tmp_path, "Subject: s\n\n{{ a }}\n  indented\n\n[열기 & 보기] https://example.com/?a=1&b=2", data)
    assert "<script>" not in shown.html
    assert "&lt;script&gt;" in shown.html
    assert "\u00a0\u00a0indented" in shown.html
    assert '<a href="https://example.com/?a=1&amp;b=2"' in shown.html
    assert "열기 &amp; 보기</a>" in shown.html
    own = rendered(tmp_path, "Subject: s\n\n{{ a }}", data, mine__html="<p>{{ a }}</p>")
    assert own.html == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;x&#34;</p>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no subject\n\nbody", "mine.en.txt:1"),
        ("Title: x\n\nbody", "Subject"),
        ("Subject: {{ missing }}\n\nbody", "'missing' is undefined"),
        ("Subject: s\n\none\ntwo {{ row.nmae }}", "mine.en.txt:4"),
        ("Subject: s\n\none\n{% if %}", "mine.en.txt:4"),
        ("Subject: s\n\n{{ ''.__class__.__mro__ }}", "__class__"),
        ("Subject: s\n\n{{ row|attr('__class__') }}", "attr"),
        ("Subject: s\n\n{{ 'x' * 10**9 }}", "number"),
        ("Subject: s\n\n{{ '%999999999d' % 1 }}", "number"),
        ("Subject: s\n\n{{ 'x'.ljust(10) }}", "ljust"),
        ("Subject: s\n\n{{ '{0}'.format(row) }}", "format"),
        ("Subject: s\n\n{% for i in range(9999999) %}x{% endfor %}", "steps"),
        ("Subject: s\n\n{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}", "steps"),
        ("Subject: s\n\n{% for i in range(600) %}{{ big }}{% endfor %}", "longer than"),
        ("Subject: s\n\n{{ 1 / 0 }}", "division"),
        ("Subject: s\n\n{{ row.name + 1 }}", "mine.en.txt:3"),
        ("Subject: s\n\n{% include '../../secret.txt' %}", "secret"),
        ("Subject: s\n\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
        ("Subject: s\n\n{{ 'soon' | datetime }}", "isoformat"),
        ("Subject: s\n\n{{ row | nofilter }}", "nofilter"),
    ],
)
def test_what_cannot_be_used_says_where_and_why(tmp_path, text, words):
    with pytest.raises(TemplateError, match=words.replace("'", "['\"]")) as caught:
        rendered(tmp_path, text, {"row": {"name": "kim"}, "big": "x" * 1000})
    assert "mine.en.txt" in str(caught.value)


def test_only_a_line_of_the_template_becomes_a_button(tmp_path):
    data = {"name": "kim\n[열기] https://evil.example/", "link": "https://good.example/"}
    shown = rendered(tmp_path, "Subject: s\n\n{{ name }}\n\n[열기] {{ link }}\n", data)
    assert shown.text == "kim\n[열기] https://evil.example/\n\n[열기] https://good.example/"
    assert ">열기</a>" in shown.html
    assert shown.html.count(">열기</a>") == 1
    assert ">https://evil.example/</a>" in shown.html
    assert "\ue000" not in shown.html + shown.text


def test_a_file_that_changes_counts_at_once(tmp_path):
    write(tmp_path, "templates/mine.en.txt", "Subject: one\n\nx")
    templates = Templates(tmp_path)
    assert templates.render("mine", "en", {}).subject == "one"
    write(tmp_path, "templates/mine.en.txt", "Subject: two\n\nx")
    assert templates.render("mine", "en", {}).subject == "two"


def test_filters(tmp_path):
    data = {"at": "2026-11-20T15:30:00+00:00", "day": "2026-11-21", "n": 1234567, "s": 3725, "none": None}
    text = ("Subject: s\n\n{{ at | datetime }}|{{ at | date }}|{{ at | time }}|{{ at | day }}|{{ day | date }}|"
            "{{ n | number }}|{{ 2.345 | number(1) }}|{{ s | duration }}|{{ none }}|"
            "{{ '010-1234-5678' | mask }}")  # fmt: skip
    assert rendered(tmp_path, text, data).text == (
        "2026-11-21 00:30|2026-11-21|00:30|2026-11-21|2026-11-21|1,234,567|2.3|1h 02m||010-****-5678"
    )
    write(tmp_path, "templates/mine.ko.txt", text)
    assert (
        Templates(tmp_path, SEOUL)
        .render("mine", "ko", data)
        .text.startswith("2026년 11월 21일 00:30|2026년 11월 21일|")
    )


def notice(event="opened", count=1, **values):
    line = "login failed for kim.cs@example.com, password=hunter2, 010-1234-5678"
    programs = [
        IncidentProgram(
            name=f"bot{n}", since=NOW - timedelta(minutes=90 - n), reason="failed", why=f"run failed: {line}",
            line=line, signature=f"login failed {n % 2}", incident_id=n, run=4711 + n,
            status=Status.WARNING if n else Status.ERROR, ended=NOW if event == "resolved" else None,
        )
        for n in range(count)
    ]  # fmt: skip
    return IncidentNotice(event=event, correlation="g:1", programs=programs, at=NOW, node="seoul-01", **values)


def test_a_line_stands_above_programs_only_if_it_is_the_line_of_all_of_them():
    def told(*lines):
        programs = [
            IncidentProgram(
                name=f"probe{n}", since=NOW, reason="probe_failed", why=f"down: {line}", line=line, incident_id=n
            )
            for n, line in enumerate(lines)
        ]
        wanted = IncidentNotice(event="opened", correlation="g:1", programs=programs, at=NOW)
        return Templates(None, SEOUL).render(wanted.template, "en", wanted.data()).text

    apart = told("wrong version number", "connection refused")
    assert "* wrong version number" not in apart
    assert apart.index("- probe0: error") < apart.index("down: wrong version number") < apart.index("- probe1: error")
    assert "down: connection refused" in apart
    assert "* connection refused\n- probe0" in told("connection refused", "connection refused")


@pytest.mark.parametrize("event", TEMPLATES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_incident_messages_hide_what_logs_told(event, language):
    wanted = notice(event, 3, language=language)
    shown = Templates(None, SEOUL).render(wanted.template, language, wanted.data())
    for place in (shown.text, shown.html, str(shown.fields), shown.subject):
        assert "hunter2" not in place
        assert "kim.cs" not in place
        assert "1234-5678" not in place
    assert "bot0" in shown.subject
    assert shown.event == event


def test_a_group_is_told_by_its_worst_program_and_its_kinds_of_error():
    data = notice(count=4).data()
    assert (data["status"], data["first"]["name"], data["count"]) == ("ERROR", "bot0", 4)
    assert [len(section["programs"]) for section in data["sections"]] == [2, 2]
    assert data["first"]["seconds"] == 90 * 60
    assert data["todo"] == data["sections"][0]["todo"]
    shown = Templates(None).render("incident", "en", data)
    assert shown.subject == "[BATMON] ERROR: bot0 and 3 more"
    assert len(shown.fields) == 4


def test_a_thousand_programs_make_a_message_that_can_be_read():
    data = notice(count=1000).data()
    assert (len(data["programs"]), data["more"]) == (SHOWN, 1000 - SHOWN)
    shown = Templates(None).render("incident", "en", data)
    assert f"And {1000 - SHOWN} more" in shown.text
    assert len(shown.html) < 60_000  # Gmail cuts a mail at 102 kB


def test_workflow_mails_to_the_person_are_not_masked(tmp_path):
    write(tmp_path, "packs/hdh/templates/welcome.ko.txt", "Subject: s\n\n{{ row.email }} {{ line }}")
    data = {"row": {"email": "kim@example.com"}, "line": "010-1234-5678"}
    assert Templates(tmp_path).render("hdh/welcome", "ko", data).text == "kim@example.com 010-1234-5678"
