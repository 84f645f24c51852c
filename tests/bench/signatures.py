"""Kinds of error: how well lines are grouped and how long a line takes, beside drain3.

drain3 runs in an environment of its own: ``DRAIN3_PYTHON=/somewhere/bin/python python -m tests.bench signatures``.
"""

import json
import os
import subprocess
import time

from batmon.judge.signature import mask
from tests.bench.figures import say, table
from tests.unit.judge.error_corpus import corpus, grouping_accuracy

MADE_WITH, UNSEEN, NEAR = "error_lines.txt", "error_lines_unseen.txt", "error_lines_near.txt"
SETS = (
    ((MADE_WITH,), "made with these"),
    ((UNSEEN,), "written afterwards"),
    ((NEAR,), "written afterwards, kinds near each other"),
    ((MADE_WITH, UNSEEN, NEAR), "all"),
)
ROUNDS = 100
GOAL_US = 20.0

DRAIN3 = r"""
import json, sys, time
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

MASKS = [
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
    (r"(?<=executed cmd )(\".+?\")", "CMD"),
]

def miner(masked, similarity):
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.drain_sim_th = similarity
    if masked:
        config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in MASKS]
    return TemplateMiner(config=config)

out = []
lines = json.load(sys.stdin)
for masked in (False, True):
    for similarity in (0.4, 0.5, 0.6, 0.7):
        one = miner(masked, similarity)
        for line in lines:
            one.add_log_message(line)
        groups = [one.match(line) for line in lines]  # after all was seen: its best
        began = time.process_time()
        for _ in range(20):
            for line in lines:
                one.add_log_message(line)
        took = (time.process_time() - began) / 20 / len(lines)
        out.append([masked, similarity, [group.cluster_id if group else -n for n, group in enumerate(groups, 1)], took])
json.dump(out, sys.stdout)
"""
"""The masks are those of drain3's own example configuration."""


def ours(lines):
    """Groups, and seconds of processor time a line."""
    groups = [mask(text) for text in lines]
    began = time.process_time()
    for _ in range(ROUNDS):
        for text in lines:
            mask(text)
    return groups, (time.process_time() - began) / ROUNDS / len(lines)


def theirs(python, lines):
    """What drain3 makes of the same lines, by (masked, similarity)."""
    done = subprocess.run([python, "-c", DRAIN3], input=json.dumps(lines), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


async def bench():
    """Print the table."""
    python = os.environ.get("DRAIN3_PYTHON")
    rows = []
    for names, words in SETS:
        found = [one for name in names for one in corpus(name)]
        kinds, lines = [kind for kind, _ in found], [text for _, text in found]
        title = f"{len(lines)} lines of {len(set(kinds))} kinds, {words}"
        groups, took = ours(lines)
        rows.append(
            (f"{title}: batmon", f"{grouping_accuracy(zip(kinds, groups, strict=True)):.3f}", f"{took * 1e6:.1f}")
        )
        for masked, similarity, clusters, seconds in theirs(python, lines) if python else ():
            how = f"drain3 {'with its masks' if masked else 'without masks'}, similarity {similarity}"
            accuracy = grouping_accuracy(zip(kinds, clusters, strict=True))
            rows.append((f"{title}: {how}", f"{accuracy:.3f}", f"{seconds * 1e6:.1f}"))
    table(("", "grouping accuracy", "us a line"), rows)
    if not python:
        say("\ndrain3 was left out: set DRAIN3_PYTHON to an interpreter that has it.")
    say(f"\nGoal: at most {GOAL_US:.0f} us a line.")
