"""The help of a command: panels on a terminal (Typer's), the same groups as plain text elsewhere."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument, TyperCommand


class PlainCommand(TyperCommand):
    """Writes options under their panels' names when the help is plain text."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        # The command's own come first, as in Typer's panels.
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                default = "Arguments" if isinstance(parameter, TyperArgument) else "Options"
                group = getattr(parameter, "rich_help_panel", None) or default
                groups.setdefault(group, []).append(record)
        for group, records in groups.items():
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)
