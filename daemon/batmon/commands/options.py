"""What options of several verbs have in common, so that they read alike everywhere."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="print JSON")]
JsonLines = Annotated[bool, typer.Option("--json", help="print JSON, one object a line")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="from when: 2h or 30d (ago), 06:00, 2026-11-21, 11-21 06:00, yesterday"
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="until when, in the same forms; a day with all of it")
]
