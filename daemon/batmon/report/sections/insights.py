"""What the numbers show beyond themselves, as a section of a report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from batmon.report.document import Block, Finding, Findings, Paragraph, Section
from batmon.report.story_words import story_words
from batmon.words import Language

MOST = 30
"""Findings that are told; more would not be read."""


def insights_section(findings: Sequence[Finding], language: Language) -> Section:
    """The section ``insights``: the findings in their order, or that there are none."""
    said = story_words(language)
    blocks: list[Block] = [Findings(items=tuple(findings[:MOST]), empty=said["no_insights"])]
    left = Counter(one.key for one in findings[MOST:])
    if left:
        kinds = ", ".join(f"{said[f'kind.{key}']} {count}" for key, count in left.most_common())
        blocks.append(Paragraph(text=said["insights_more"].format(n=left.total(), kinds=kinds), tone="muted"))
    return Section(key="insights", title=said["insights"], blocks=tuple(blocks))
