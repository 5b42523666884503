"""Where results are sent to; nowhere unless somebody asks for it."""

import argparse
from dataclasses import dataclass

from app.runs.sinks import Sink
from app.streams.target import Target
from ppnet.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class Targets:
    """osc: who gets OSC messages. lsl: what the LSL stream is called. websocket: where clients connect to."""

    osc: Target | None = None
    lsl: str | None = None
    websocket: Target | None = None

    def opened(self, skeleton: Skeleton) -> list[Sink]:
        """A sink for each. UserError when a package is missing or a place cannot be used; then none stays open."""
        sinks: list[Sink] = []
        try:
            if self.osc is not None:
                from app.streams.osc import OscSink

                sinks.append(OscSink(self.osc, skeleton))
            if self.lsl is not None:
                from app.streams.lsl import LslSink

                sinks.append(LslSink(self.lsl, skeleton))
            if self.websocket is not None:
                from app.streams.websocket import WebSocketSink

                sinks.append(WebSocketSink(self.websocket, skeleton))
        except BaseException:
            for sink in sinks:
                sink.abandon()
            raise
        return sinks


NOWHERE = Targets()


def add_stream_options(parser: argparse.ArgumentParser) -> None:
    """The options that ask for it."""
    add = parser.add_argument
    add("--osc", metavar="HOST:PORT", help="send the joints there as OSC messages during tracking")
    add("--lsl", metavar="NAME", help="offer the joints to the local network as a Lab Streaming Layer stream")
    add(
        "--websocket",
        metavar="PORT",
        help="send the joints as JSON to every program that connects (HOST:PORT: from other machines too)",
    )


def targets_of(arguments: argparse.Namespace) -> Targets:
    """What the options ask for. UserError when one makes no sense."""
    return Targets(
        None if arguments.osc is None else Target.parsed(arguments.osc, "--osc"),
        arguments.lsl,
        None if arguments.websocket is None else Target.parsed(arguments.websocket, "--websocket"),
    )
