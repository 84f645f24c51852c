"""Everything that the daemon answers at the gate: each subject's verbs, given what they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from batmon.engine.answers import Answers
from batmon.engine.automations.answers import AutomationAnswers
from batmon.engine.automations.event_answers import EventAnswers
from batmon.engine.automations.inbox import InboxAnswers
from batmon.engine.capture import Capture
from batmon.engine.files.answers import TreeAnswers
from batmon.engine.files.database_dump import DatabaseDump
from batmon.engine.files.export_answers import ExportAnswers
from batmon.engine.files.tree import Tree
from batmon.engine.incidents.backtest_answers import BacktestAnswers
from batmon.engine.incidents.signature_answers import SignatureAnswers
from batmon.engine.log_files.answers import LogAnswers
from batmon.engine.log_files.deletion import LogDeletion
from batmon.engine.log_files.difference_answers import DifferenceAnswers
from batmon.engine.log_files.search_answers import SearchAnswers
from batmon.engine.probes.answers import ProbeAnswers
from batmon.engine.recording.item_answers import ItemAnswers
from batmon.engine.statistics.answers import StatsAnswers
from batmon.engine.statistics.savings_answers import SavingsAnswers
from batmon.engine.telling.feed_answers import FeedAnswers
from batmon.gate.keyring import KeyRing
from batmon.gate.password import OperationPassword
from batmon.gate.verbs import Verb
from batmon.model import Program
from batmon.store.probes import Probes

if TYPE_CHECKING:
    from batmon.engine.daemon import Daemon


def all_verbs(daemon: Daemon, keyring: KeyRing) -> dict[str, Verb]:
    """Verb name to what answers it."""
    store, now, state, node = daemon.store, daemon.now, daemon.config.state, daemon.config.node

    def programs() -> Mapping[str, Program]:
        return daemon.checker.programs

    answers = Answers(
        node=node,
        programs=lambda: {**programs(), **daemon.probing.prober.programs},
        store=store,
        board=daemon.board,
        runner=daemon.runner,
        keyring=keyring,
        password=OperationPassword(state / "operation.json", now=now),
        ready=daemon.probing.all_ready,
        now=now,
        describe=daemon.describe,
    )
    deletion = LogDeletion(
        programs=programs, tree=Tree(programs, state), retention=daemon.retention, audit=daemon.audit, now=now
    )
    rooms = (
        answers,
        ProbeAnswers(answers, prober=daemon.probing.prober, store=Probes(store), rows=lambda: daemon.board.rows),
        LogAnswers(programs=programs, runs_near=store.runs_near, find_run=store.run),
        SearchAnswers(programs=programs),
        SignatureAnswers(store=store),
        DifferenceAnswers(programs=programs, store=store),
        ItemAnswers(store),
        SavingsAnswers(store=store, settle=daemon.rollup.settle, timezone=lambda: daemon.timezone, now=now),
        StatsAnswers(
            store,
            settle=daemon.rollup.settle,
            timezone=lambda: daemon.timezone,
            currency=daemon.config.reports.currency,
            now=now,
        ),
        TreeAnswers(programs=programs, state=state),
        deletion,
        ExportAnswers(store=store, rows=lambda: daemon.board.rows, state=state, now=now),
        DatabaseDump(url=daemon.dump_url, state=state, node=node, now=now),
        AutomationAnswers(daemon.automations, now=now),
        EventAnswers(daemon.event_handling, store, now=now),
        InboxAnswers(store, daemon.config, now=now),
        FeedAnswers(store, now=now),
        daemon.incidents,
        daemon.notifying,
        daemon.reports,
        BacktestAnswers(programs=programs, calendars=daemon.config.calendars, url=lambda: daemon.database_url, now=now),
        Capture(daemon.config.capture, state=state, node=node, now=now),
    )
    return {name: verb for room in rooms for name, verb in room.verbs().items()}
