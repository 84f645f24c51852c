"""`batmon config check` finds templates that cannot be used, and messages that would reach nobody."""

from batmon.config import load
from batmon.notify.checking import problems

MAIL = '[email]\nhost = "h"\nsender = "b@example.com"\nadmins = ["ops@example.com"]\n'
CHANNELS = """
[[channels]]
name = "ops-slack"
kind = "slack"
url = "https://hooks.example/x"
[[channels]]
name = "sms"
kind = "sms"
appkey = "a"
secret_key = "b"
sender = "021234567"
"""


def found(tmp_path, steps, *, before=MAIL + CHANNELS):
    text = f'{before}\n[[automations]]\nname = "a"\nschedule = "0 0 * * *"\n'
    for step in steps:
        text += "[[automations.steps]]\n" + step
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return problems(load(tmp_path / "config.toml", {}))


def test_nothing_wrong(tmp_path):
    steps = [
        'do = "email"\nto = "admins"\ntemplate = "reminder"\ndata = { title = "t" }\n',
        'do = "email"\nto = ["kim@example.com", "{{ slot }}"]\ntemplate = "reminder"\n',
        'do = "notify"\nchannel = "ops-slack"\nto = "team"\ntemplate = "reminder"\n',
        'do = "notify"\nchannel = "sms"\nto = "010-1234-5678"\ntemplate = "reminder"\n',
    ]
    assert found(tmp_path, steps) == ()


def test_a_template_that_is_not_there_also_inside_a_branch(tmp_path):
    inside = 'do = "if"\nwhen = "true"\nthen = [{ do = "email", to = "admins", template = "hdh/wellcome" }]\n'
    (tmp_path / "packs/hdh/templates").mkdir(parents=True)
    (tmp_path / "packs/hdh/templates/welcome.ko.txt").write_text("Subject: s\n\nt")
    (problem,) = found(tmp_path, [inside])
    assert problem.message == "there is no template 'hdh/wellcome'"
    assert problem.hint == 'did you mean "hdh/welcome"?'
    assert problem.line is not None
    assert problem.key.startswith("automations[0].steps[0]")


def test_recipients_who_are_none(tmp_path):
    steps = ['do = "email"\nto = "kim"\ntemplate = "reminder"\n',
             'do = "notify"\nchannel = "sms"\nto = "kim@example.com"\ntemplate = "reminder"\n']  # fmt: skip
    first, second = found(tmp_path, steps)
    assert "neither an e-mail address nor a channel" in first.message
    assert "not a telephone number" in second.message


def test_templates_with_mistakes_are_named_with_their_line(tmp_path):
    own = tmp_path / "templates"
    own.mkdir()
    (own / "one.ko.txt").write_text("Subject: s\n\nfine\n{% if %}")
    (own / "two.en.txt").write_text("no subject\n\nt")
    (own / "three.en.txt").write_text("Subject: s\n\nt")
    (own / "three.html").write_text("<p>\n{{ a b }}")
    (own / "four.en.txt").write_bytes(b"Subject: \xff\n\nt")
    step = 'do = "email"\nto = "admins"\ntemplate = "reminder"\n'
    broken = {(problem.file.rpartition("/")[2], problem.line) for problem in found(tmp_path, [step])}
    assert broken == {("one.ko.txt", 4), ("two.en.txt", 1), ("three.html", 2), ("four.en.txt", None)}
