"""What the person at the terminal sees of the demo."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel

from demo.bucket import Found
from demo.events import Published
from demo.person import Message, choices_of, words_of

WIDTH = 62


class Stage:
    """Prints the chat as it goes, the events beside it, and what came of it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, text: str) -> None:
        """Begin a part."""
        self._console.print()
        self._console.rule(f"[bold]{escape(text)}", align="left", style="dim")

    def note(self, text: str) -> None:
        """Say something in passing."""
        self._console.print(escape(text), soft_wrap=True)

    def person(self, name: str, text: str) -> None:
        """Show what the person did."""
        bubble = Panel(
            escape(text), title=escape(name), title_align="left", width=WIDTH, border_style="green"
        )
        self._console.print(bubble)

    def agent(self, message: Message) -> None:
        """Show what reached the person."""
        _, choices = choices_of(message)
        buttons = "  ".join(f"[ {choice['title']} ]" for choice in choices)
        text = words_of(message) + (f"\n\n{buttons}" if buttons else "")
        bubble = Panel(
            escape(text), title="Agent", title_align="right", width=WIDTH, border_style="cyan"
        )
        self._console.print(Padding(bubble, (0, 0, 0, 8)))

    def event(self, event: Published) -> None:
        """Show one event of the timeline."""
        place = f"{event.partition}/{event.sequence}"
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        self._console.print(
            f"[dim]  {now}  session-events {place:>6}  [/dim]{event.type:<24}[dim] "
            f"{escape(_detail(event.data))}[/dim]",
            highlight=False,
        )

    def file(self, stored: dict[str, Any], found: Found, *, same: bool) -> None:
        """Show the object as it lies in the bucket."""
        for name, value in (
            ("bucket", stored["bucket"]),
            ("key", stored["key"]),
            ("size", f"{found.size:,} bytes, {found.content_type}"),
            ("sha256", found.sha256),
            ("same bytes as sent", "yes" if same else "NO"),
        ):
            self._console.print(f"  [dim]{name:<20}[/dim]{value}", soft_wrap=True)

    def crm_call(self, call: dict[str, Any]) -> None:
        """Show one call that the CRM got."""
        mark = (
            "[green]signature verified[/green]" if call["verified"] else "[red]NOT VERIFIED[/red]"
        )
        answers = call["body"].get("data", {}).get("personal", {}).get("answers", {})
        said = "; ".join(f"{step}: {answer}" for step, answer in answers.items())
        self._console.print(f"  {call['type']:<22} {mark}", highlight=False)
        if said:
            self._console.print(Padding(f"[dim]{escape(said)}[/dim]", (0, 0, 0, 4)))


def _detail(data: dict[str, Any]) -> str:
    told = [data[key] for key in ("step", "kind", "outcome", "reason", "crm") if data.get(key)]
    return ", ".join(str(part) for part in told)
