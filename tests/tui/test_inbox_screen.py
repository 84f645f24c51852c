"""The inboxes: what waits in each, and acting on it."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual.widgets import Button, OptionList, Static, TextArea

from batmon_tui.screens.form import FormDialog
from batmon_tui.screens.inbox import ActionDialog, InboxScreen
from batmon_tui.screens.inboxes import InboxesScreen
from tests.tui.inbox_stage import InboxOnStage
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes, row

SIZE = (80, 24)


@pytest.fixture
def inbox():
    return InboxOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, inbox):
    made = Stage(tmp_path, logs=inbox.verbs())
    await made.start()
    yield made
    await made.stop()


async def opened(app, pilot, name, rows):
    await board_of(app, pilot)
    await pilot.press("colon", *f"inbox {name}", "enter")
    await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.ready, "the inbox")
    page = app.screen
    await until(pilot, lambda: len(page.listed.keys) == rows, "its items")
    return page


async def test_each_inbox_says_how_much_waits_or_what_is_wrong_with_it(stage):
    app = stage.app("ko")
    async with app.run_test(size=(120, 40)) as pilot:
        await board_of(app, pilot)
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, InboxesScreen) and app.screen.ready, "the page")
        page = app.screen
        await until(pilot, lambda: len(page.listed.keys) == 4, "the inboxes")
        assert "대기 5건" in text_of(page.query_one("#list-state", Static))
        said = {key: row(page, key) for key in page.listed.keys}
        assert said["academy_applications"].startswith(" ✓ ")
        assert "추천인 코드 신청 대기     3  승인, 거부" in said["referral_requests"]
        assert 'relation "nothing" does not exist' in said["broken"]
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.ready, "the broken one")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "조회할 수 없습니다" in text_of(notice), "why")


async def test_items_are_a_table_of_the_querys_columns(stage):
    app = stage.app("en")
    async with app.run_test(size=(200, 60)) as pilot:
        page = await opened(app, pilot, "support_tickets", 2)
        heading = "".join(text for text, _ in page.listed.heading(200)).split()
        assert heading == ["id", "item", "name", "email", "amount", "urgent", "created_at", "question"]
        said = row(page, "7", 200)
        assert "  120,000  yes     02:12" in said
        assert "None" not in row(page, "5", 200)
        detail = text_of(page.query_one("#list-detail", Static))
        assert "카드사에는 한 번으로 나옵니다." in detail.splitlines()[-2]
        assert "[/b]" in detail


async def test_narrow_screens_keep_id_title_and_the_last_column(stage):
    app = stage.app("en")
    async with app.run_test(size=(60, 24)) as pilot:
        page = await opened(app, pilot, "referral_requests", 3)
        assert "최민호 (대한민국" in row(page, "32", 60)
        assert "00:31" in row(page, "32", 60)


async def test_an_answer_of_several_lines_is_sent_and_the_next_item_is_chosen(stage, inbox):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot, "support_tickets", 2)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")
        dialog = app.screen
        said = "\n".join(str(part.visual) for part in dialog.query(".said").results(Static))
        assert "카드사에는 한 번으로 나옵니다." in said
        dialog.query_one("#go", Button).press()
        await until(
            pilot, lambda: "입력이 필요합니다: 답변" in text_of(dialog.query_one(".problem", Static)), "an answer"
        )
        area = dialog.query_one(TextArea)
        dialog.set_focus(area)
        await pilot.press(*"안녕하세요", "enter", *"환불했습니다 [/b]")
        assert area.text == "안녕하세요\n환불했습니다 [/b]"
        await pilot.press("tab", "enter")
        await until(pilot, lambda: list(page.listed.keys) == ["5"], "one is left")
        assert page.chosen == "5"
        assert "결제 오류: 답변 전송 완료" in notes(app)
    asked = [args for what, args in inbox.asked if what == "act"]
    assert asked == [{"inbox": "support_tickets", "action": "answer", "id": "7",
                      "asks": {"answer": "안녕하세요\n환불했습니다 [/b]"}}]  # fmt: skip


async def test_of_several_actions_one_is_chosen_or_taken_by_its_number(stage, inbox):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot, "referral_requests", 3)
        await pilot.press("j", "1")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: list(page.listed.keys) == ["31", "33"], "approved")
        assert page.chosen == "33"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ActionDialog) and bool(app.screen.query(OptionList)), "which")
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the reason")
        await pilot.press(*"no course", "ctrl+s")
        await until(pilot, lambda: list(page.listed.keys) == ["31"], "refused")
    acts = [args for what, args in inbox.asked if what == "act"]
    assert acts[0] == {"inbox": "referral_requests", "action": "approve", "id": "32"}
    assert acts[1]["asks"] == {"reason": "no course"}


async def test_the_second_of_two_people_is_told_and_sees_what_is_left(stage, inbox):
    inbox.taken.add("31")
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot, "referral_requests", 3)
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(
            pilot,
            lambda: "Somebody else was faster. 31 does not wait any more: 승인 by lee [/b]" in notes(app),
            "it is said",
        )
        await until(pilot, lambda: list(page.listed.keys) == ["32", "33"], "it is gone")


async def test_what_takes_another_role_is_said_before_it_is_asked(stage, inbox):
    stage.role = "operator"
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot, "referral_requests", 3)
        await pilot.press("2")
        await until(pilot, lambda: "takes the role of admin" in notes(app), "it is said")
        assert app.screen is page
    assert not inbox.asked


async def test_a_filter_looks_into_all_columns_and_an_empty_inbox_says_so(stage):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot, "support_tickets", 2)
        await pilot.press("slash", *"카드사", "enter")
        await until(pilot, lambda: list(page.listed.keys) == ["7"], "it is found")
        await pilot.press("colon", *"inbox academy_applications", "enter")
        await until(pilot, lambda: app.screen is not page and isinstance(app.screen, InboxScreen), "the other")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "대기 중인 것이 없습니다" in text_of(notice), "nothing")
        await pilot.press("1", "enter")
        assert isinstance(app.screen, InboxScreen)
