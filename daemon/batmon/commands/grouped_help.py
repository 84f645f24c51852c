"""``batmon --help``: the verbs by what they are for."""

from typing import Any

from typer.core import TyperGroup

GROUPS = {
    "Look": ("check", "runs", "run", "logs", "search", "errors", "diff", "stats", "savings"),
    "Act": ("incident", "rerun", "stop", "inbox", "event", "job", "notify"),
    "Take along": ("report", "files", "get", "export", "capture"),
    "Record": ("exec", "record"),
    "Run BATMON": (
        "up",
        "daemon",
        "tui",
        "doctor",
        "config",
        "service",
        "user",
        "password",
        "audit",
        "database",
        "pack",
    ),
}


class GroupedHelp(TyperGroup):
    """The command line's verbs, which its help lists in groups; what is in none comes last."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs that there are, a section a group."""
        known = {name: self.commands[name] for name in self.list_commands(ctx)}
        groups = {
            title: [name for name in names if name in known and not known[name].hidden]
            for title, names in GROUPS.items()
        }
        grouped = {name for names in groups.values() for name in names}
        groups["More"] = [name for name in known if name not in grouped and not known[name].hidden]
        widest = max(map(len, known))
        for title, names in groups.items():
            if names:
                with formatter.section(title):
                    limit = formatter.width - 6 - widest
                    formatter.write_dl([(name.ljust(widest), known[name].get_short_help_str(limit)) for name in names])
