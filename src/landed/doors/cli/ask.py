"""`landed ask` and `landed chat`: questions in plain words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, print_json
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.operations.ask import Asked

Deep = Annotated[bool, typer.Option("--deep", help="Let the model that thinks longest answer, where one is configured.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no model.")]
LARGEST = 8_000_000


def ask(
    words: Annotated[list[str], typer.Argument(help="The question, in English or Chinese.", show_default=False)] = [],
    photo: Annotated[Path | None, typer.Option("--photo", help="A photo of the goods; needs a model for the vision role.", show_default=False)] = None,
    document: Annotated[Path | None, typer.Option("--document", help="An invoice or packing list, read and priced.", show_default=False)] = None,
    deep: Deep = False,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """A question in plain words, answered with its sources.

    landed ask "duty on 9503.00.0073 from China worth $10,000"
    """
    with answering(as_json):
        request: dict[str, Any] = {"text": " ".join(words), "deep": deep, "offline": offline}
        if photo is not None:
            request["photo"] = in_base64(photo, "--photo")
        if document is not None:
            request |= {"document": in_base64(document, "--document"), "name": document.name}
        if as_json:
            from landed.operations.registry import find

            print_json(find("ask").answer_json(request))
            return
        confirm(talk(request), ask_first=sys.stdin.isatty())


def chat(deep: Deep = False, offline: Offline = False) -> None:
    """A conversation: one question a line; `bye` or an empty line ends it. A line `file PATH` gives an invoice, `photo PATH` a photo of the goods.

    Changes are run only when you type yes.
    """
    out = console()
    out.print("Ask about duty, origins, codes, law, shipping, deadlines; `file PATH` reads an invoice. An empty line ends it.", style="dim")
    state: dict[str, Any] = {}
    while True:
        try:
            text = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            break
        if not text or text.lower() in ("bye", "exit", "quit", "再见"):
            break
        try:
            found = talk({"text": text, "state": state, "deep": deep, "offline": offline} | _attached(text))
            state = found.state
            confirm(found, ask_first=True)
        except LandedError as error:
            out.print(str(error), style="red")


def _attached(text: str) -> dict[str, Any]:
    """What a line `file PATH` or `photo PATH` gives in place of its words; raises LandedError FILE_NOT_FOUND, FILE_TOO_LARGE."""
    kind, _, path = text.partition(" ")
    named = Path(path.strip().strip("'\"")).expanduser()
    if kind.lower() not in ("file", "photo") or not named.suffix:
        return {}
    data = in_base64(named, kind)
    return {"text": "", "photo": data} if kind.lower() == "photo" else {"text": "", "document": data, "name": named.name}


def in_base64(path: Path, option: str) -> str:
    """A file as base64 text; raises LandedError FILE_NOT_FOUND, FILE_TOO_LARGE."""
    import base64

    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError:
        raise LandedError("FILE_NOT_FOUND", f"no file can be read at {path}", where=option, mend="Check the path.") from None
    if not data:
        raise LandedError("FILE_TOO_LARGE", f"expected a file of at most {LARGEST:,} bytes that is not empty", where=option, mend="Make it smaller.")
    return base64.b64encode(data).decode()


def talk(request: dict[str, Any]) -> Asked:
    """Ask, with tool calls and words shown as they come; the whole answer."""
    from landed.operations.ask import told

    out = console()
    shown: list[str] = []

    def emit(kind: str, what: Any) -> None:
        if kind == "tool":
            out.print(f"· {what['tool']} {_short(what['request'])}", style="dim")
        elif kind == "text":
            shown.append(what["text"])
            out.print(what["text"], end="")
        elif kind == "take_back":
            out.print("\n(taken back: a figure in it stood in no result)", style="dim")

    found = told(request, emit)
    out.print()
    if found.assumed:
        out.print(("假定：" + "；".join(found.assumed) + "。") if found.language == "zh" else "Assumed: " + "; ".join(found.assumed) + ".", style="yellow")
    for note in found.notes[:3]:
        out.print(note, style="dim")
    if found.why_rules:
        out.print(f"Answered without the model: {found.why_rules}.", style="dim")
    for number, choice in enumerate(found.choices[:12], 1):
        out.print(f"  {number}. {choice['label']}", style="cyan")
    if found.sources:
        out.print(("来源：" if found.language == "zh" else "Sources: ") + "; ".join(found.sources[:8]), style="dim")
    if found.receipts:
        out.print("Receipts: " + ", ".join(r["id"] for r in found.receipts), style="dim")
    return found


def confirm(found: Asked, *, ask_first: bool) -> None:
    """Run a proposed change when the user types yes; otherwise say that nothing was changed."""
    if found.proposal is None:
        return
    out = console()
    if ask_first and input(f"{found.proposal['says']} Do it? Type yes: ").strip().lower() in ("yes", "y", "是"):
        from landed.operations.ask import ask_confirm

        ask_confirm({"token": found.proposal["token"]})
        out.print("Done.", style="green")
    else:
        out.print("Nothing was changed.", style="dim")


def _short(request: dict[str, Any]) -> str:
    text = ", ".join(f"{name}={value}" for name, value in request.items())
    return text if len(text) <= 100 else text[:99] + "…"
