"""What a line of the REPL can mean: one frozen value a command, and the table that help and completion read.

The values hold no behaviour; `parse.py` makes them, `actions.py` carries them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .filters import Filter


@dataclass(frozen=True, slots=True)
class AtFile:
    """`@name`: a file whose content is meant; it is read when the command is carried out."""

    name: str


Payload = bytes | AtFile


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class SendText:
    """A text message: a plain line, `//…`, `/text`, `/json` or `/send @file`."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class SendBinary:
    """`/binary`: a binary message."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class SendFragments:
    """`/fragment N text`: one text message in `count` frames (RFC 6455 §5.4)."""

    count: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class SendFrame:
    """`/frame`: one frame as the user says, also a wrong one (RFC 6455 §5.2).

    `mask` is four bytes, True for a fresh random key, False for none. `length` is what the header claims
    when that is not the payload's own length.
    """

    opcode: int
    payload: Payload = b""
    fin: bool = True
    rsv1: bool = False
    rsv2: bool = False
    rsv3: bool = False
    mask: bytes | bool = True
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """`/ping`; without a payload of its own each ping gets a fresh one, so that its pong can be told."""

    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Pong:
    """`/pong`: an unsolicited pong."""

    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class CloseWith:
    """`/close`: the closing handshake with this code."""

    code: int = 1000
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShowHeaders:
    """`/headers`: request and response heads."""


@dataclass(frozen=True, slots=True)
class ShowTls:
    """`/tls`: what TLS agreed on."""


@dataclass(frozen=True, slots=True)
class ShowInfo:
    """`/info`: what was negotiated, addresses, times, totals."""


@dataclass(frozen=True, slots=True)
class ShowStats:
    """`/stats`: counts, sizes, rates, round-trip times."""


@dataclass(frozen=True, slots=True)
class ShowFrame:
    """`/show N`: one frame; None is the newest, a negative number counts from the end.

    With `pipe`, its payload goes to that shell command instead.
    """

    n: int | None = None
    pipe: str | None = None


@dataclass(frozen=True, slots=True)
class SetFilter:
    """`/filter`: what is shown from now on; None shows the filter, an empty one shows everything."""

    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Pretty:
    """`/pretty on|off`; None turns it over."""

    on: bool | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """`/pause`: show nothing for a while; everything is still kept."""


@dataclass(frozen=True, slots=True)
class Resume:
    """`/resume`: show again."""


@dataclass(frozen=True, slots=True)
class Find:
    """`/find PATTERN`: kept frames whose payload matches a regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Save:
    """`/save FILE` or `/save | COMMAND`: the kept events."""

    file: str | None = None
    pipe: str | None = None


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """`/history [WORD]`: the lines that were typed."""

    word: str = ""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """`/reconnect`: a new connection to the same URL."""


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """`/connect URL`: a new connection to another URL, or a profile's."""

    url: str


@dataclass(frozen=True, slots=True)
class SetOption:
    """`/set NAME VALUE`; both None shows all."""

    name: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """`/help [COMMAND]`."""

    topic: str = ""


@dataclass(frozen=True, slots=True)
class Quit:
    """`/quit`: close with 1000 and leave."""


Command = (
    Nothing
    | SendText
    | SendBinary
    | SendFragments
    | SendFrame
    | Ping
    | Pong
    | CloseWith
    | ShowHeaders
    | ShowTls
    | ShowInfo
    | ShowStats
    | ShowFrame
    | SetFilter
    | Pretty
    | Pause
    | Resume
    | Find
    | Save
    | ShowHistory
    | Reconnect
    | ConnectTo
    | SetOption
    | Help
    | Quit
)


@dataclass(frozen=True, slots=True)
class Form:
    """How a command is typed, and what it does, in a line each."""

    usage: str
    summary: str
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The command without its slash."""
        return self.usage.split()[0][1:]


_FORMS: Final = (
    Form("/text [TEXT]", "send a text message; without TEXT an empty one"),
    Form("/json JSON", "send JSON, once it is known to be valid"),
    Form("/binary hex:…|base64:…|@FILE", "send a binary message"),
    Form("/send @FILE", "send a file as one text message"),
    Form("/fragment N TEXT", "send TEXT as one message in N frames"),
    Form(
        "/frame opcode=… [fin=…] [rsv1=…] [mask=…] [length=…] [payload=…]",
        "send one frame, also a wrong one",
        (
            "opcode is 0–15 or text, binary, continuation, close, ping, pong",
            "fin, rsv1, rsv2, rsv3 are 0 or 1; mask is 1, 0 or eight hex digits",
            "length is what the header claims; payload comes last: text, hex:…, base64:… or @FILE",
        ),
    ),
    Form(
        "/ping [PAYLOAD]", "send a ping and measure its round trip", ("PAYLOAD is text, hex:… or base64:…",)
    ),
    Form("/pong [PAYLOAD]", "send an unsolicited pong"),
    Form("/close [CODE [REASON]]", "perform the closing handshake; CODE is 1000 when left out"),
    Form(
        "/show [N] [| COMMAND]",
        "take frame N (the newest) apart, or pipe its payload",
        ("a negative N counts from the end; /show 12 | jq .id gives the payload to a shell command",),
    ),
    Form("/find REGEX", "list the kept frames whose payload matches"),
    Form(
        "/filter [in|out] [OPCODE…] [REGEX | jmespath:PATH[=VALUE]] | off",
        "show only what fits; everything is still kept",
        ("OPCODE is text, binary, continuation, close, ping, pong, control or data",),
    ),
    Form("/pretty [on|off]", "show JSON messages on many lines"),
    Form("/pause", "show nothing until /resume; everything is still kept"),
    Form("/resume", "show again"),
    Form(
        "/save FILE | COMMAND",
        "write the kept events: NDJSON, or text when FILE ends in .txt",
        ("/save | COMMAND gives them to a shell command; FILE must not exist yet",),
    ),
    Form("/info", "what was negotiated, addresses, times, totals"),
    Form("/stats", "counts, sizes, rates and round-trip times"),
    Form("/headers", "the request and the response as they went over the wire"),
    Form("/tls", "version, cipher and certificate"),
    Form("/history [WORD]", "the lines that you typed"),
    Form("/reconnect", "close, and connect to the same URL again"),
    Form(
        "/connect URL | @PROFILE",
        "close, and connect to another URL",
        ("credentials and headers of the command line go to no other origin",),
    ),
    Form("/set [NAME VALUE]", "change how the REPL behaves; without NAME show all"),
    Form("/help [COMMAND]", "this list, or one command's form"),
    Form("/quit", "close with 1000 and leave (also Ctrl-D)"),
)

FORMS: Final[dict[str, Form]] = {form.name: form for form in _FORMS}

ALIASES: Final = {"exit": "quit", "q": "quit", "?": "help", "h": "help", "bin": "binary"}
