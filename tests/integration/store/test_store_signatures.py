"""Kinds of error in the store: each once, counted exactly once, by many programs at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg

from batmon.judge.signature import signature
from batmon.model import Program, RunStatus
from batmon.store import Cursor, ErrorSeen
from tests.integration.store.test_store_judgements import LATER, NODE, NOW, a_run, judgement, program

LOGIN, TIMEOUT = signature("로그인 실패: 비밀번호가 올바르지 않습니다"), signature("HTTP 504 from https://a.kr/1")


def seen(kind=LOGIN, count=1, at=NOW, **more):
    return ErrorSeen(kind.id, kind.template, "06:00 ERROR x", "error", at, at, count, **more)


def cursor(offset, fingerprint="1-2-abc", name="kindscrap"):
    return Cursor(NODE, name, fingerprint, "/srv/a.log", offset, {})


async def registered(store, *names):
    return await store.register(NODE, [program(name) for name in names], NOW)


async def commit(store, name, errors, offset=100, **more):
    state = await store.state(name)
    return await store.commit(judgement(state, cursors=[cursor(offset, name=name)], errors=errors, **more))


async def test_a_kind_is_counted_by_program_and_told_in_three_orders(store):
    await registered(store, "kindscrap", "fund_mail")
    run = a_run()
    here = [seen(run_id=run.run_id, fingerprint="1-2-abc", offset=100), seen(TIMEOUT, 5, LATER)]
    await commit(store, "kindscrap", here, runs=(run,))
    await commit(store, "fund_mail", [seen(at=LATER)])
    login, timeout = sorted(await store.signatures(), key=lambda one: one.id != LOGIN.id)
    assert (login.template, login.count, login.programs) == (LOGIN.template, 2, 2)
    assert (login.first_seen, login.last_seen, login.first_ever) == (NOW, LATER, NOW)
    assert (timeout.count, timeout.programs) == (5, 1)
    assert [one.id for one in await store.signatures(order="count")] == [TIMEOUT.id, LOGIN.id]
    assert [one.id for one in await store.signatures(order="first")] == [TIMEOUT.id, LOGIN.id]
    mail = await store.signatures("FUND_MAIL")
    assert [(one.id, one.count, one.programs, one.first_seen, one.first_ever) for one in mail] == [
        (LOGIN.id, 1, 2, LATER, NOW)
    ]
    assert [one.id for one in await store.signatures(since=LATER + timedelta(1))] == []
    places, runs = await store.signature_places(LOGIN.id)
    assert [(place.program, place.last_run) for place in places] == [("fund_mail", None), ("kindscrap", run.run_id)]
    assert [one.run_id for one in runs] == [run.run_id]


async def test_what_is_committed_of_a_file_is_not_counted_again(store):
    await registered(store, "kindscrap")
    first = seen(fingerprint="1-2-abc", offset=100)
    await commit(store, "kindscrap", [first], offset=100)
    await commit(store, "kindscrap", [first, seen(count=2, fingerprint="1-2-abc", offset=180)], offset=180)
    assert (await store.signatures_of([LOGIN.id]))[LOGIN.id].count == 3
    await store.put_runs((), [cursor(180)], errors={"kindscrap": [first]})
    assert (await store.signatures_of([LOGIN.id]))[LOGIN.id].count == 3
    await store.put_runs((), [cursor(20, "9-9-def")], errors={"kindscrap": [seen(fingerprint="9-9-def", offset=20)]})
    assert (await store.signatures_of([LOGIN.id]))[LOGIN.id].count == 4


async def test_a_judgement_that_lost_counts_nothing(store):
    state = (await registered(store, "kindscrap"))["kindscrap"]
    await commit(store, "kindscrap", [seen()])
    assert await store.commit(judgement(state, errors=[seen(count=7)])) is None
    assert (await store.signatures_of([LOGIN.id]))[LOGIN.id].count == 1


async def test_an_error_that_turns_out_to_be_of_another_kind_is_taken_back(store):
    await registered(store, "kindscrap")
    await commit(store, "kindscrap", [seen(fingerprint="f", offset=1)], offset=1)
    await commit(store, "kindscrap", [seen(count=-1), seen(TIMEOUT)])
    assert [one.id for one in await store.signatures()] == [TIMEOUT.id]
    await commit(store, "kindscrap", [seen(at=LATER)])
    assert (await store.signatures_of([LOGIN.id]))[LOGIN.id].first_seen == LATER


async def test_runs_that_became_part_of_others_are_named_so(store):
    await registered(store, "kindscrap")
    before, now = a_run(), a_run()
    await commit(store, "kindscrap", [seen(run_id=before.run_id)], runs=(before,))
    await commit(
        store, "kindscrap", (), runs=(now,), removed_runs=[before.run_id], merged_runs={before.run_id: now.run_id}
    )
    places, runs = await store.signature_places(LOGIN.id)
    assert places[0].last_run == now.run_id
    assert [run.run_id for run in runs] == [now.run_id]


async def test_a_run_keeps_the_kind_that_it_failed_by_and_is_found_by_it(store):
    await registered(store, "kindscrap")
    runs = [
        replace(a_run(), run_id=uuid4(), start_time=NOW - timedelta(days=day), signature=LOGIN.id) for day in range(3)
    ]
    well = replace(a_run(RunStatus.SUCCESS), run_id=uuid4(), signature=LOGIN.id)
    await commit(store, "kindscrap", [seen(run_id=runs[0].run_id)], runs=(*runs, well))
    assert {run.run_id: run.signature for run in await store.recent_runs("kindscrap")} == {
        **{run.run_id: LOGIN.id for run in runs},
        well.run_id: "",
    }
    _, found = await store.signature_places(LOGIN.id)
    assert [run.run_id for run in found if run.signature] == [run.run_id for run in runs]


async def test_hostile_words_are_stored(store):
    await registered(store, "kindscrap")
    kind = signature("\0 null \ud800 half [/b]")
    await commit(store, "kindscrap", [replace(seen(kind), sample="\0\ud800")])
    (stored,) = await store.signatures()
    assert (stored.id, stored.sample) == (kind.id, "␀?")


async def test_forty_programs_that_fail_by_the_same_causes_at_once_do_not_wait_for_ever(store):
    names = [f"bot-{number:02}" for number in range(40)]
    states = await store.register(NODE, [Program(name, program().base_dir, node=NODE) for name in names], NOW)
    kinds = [signature(f"cause {letter}") for letter in "abcdefgh"]

    async def fail(number, name):
        order = kinds[number % 8 :] + kinds[: number % 8]
        return await store.commit(judgement(states[name], errors=[seen(kind) for kind in order]))

    async with asyncio.timeout(30):
        done = await asyncio.gather(*(fail(number, name) for number, name in enumerate(names)))
    assert all(done)
    assert {one.count for one in await store.signatures()} == {40}


async def test_only_so_many_kinds_are_kept_those_seen_last(store, owner_url):
    await registered(store, "kindscrap")
    kinds = [signature(f"kind {'x' * number}") for number in range(1, 8)]
    await commit(
        store, "kindscrap", [seen(kind, at=NOW + timedelta(minutes=number)) for number, kind in enumerate(kinds)]
    )
    await store.prune_signatures(3)
    assert [one.id for one in await store.signatures()] == [kind.id for kind in reversed(kinds[-3:])]
    owner = await asyncpg.connect(owner_url)
    assert await owner.fetchval("SELECT count(*) FROM error_signatures") == 3
    assert await owner.fetchval("SELECT sum(programs) FROM v_error_signatures") == 3
    await owner.close()
