"""The flows that sessions may begin, and the older versions that running sessions stay on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.commands import IncomingMessage
from domain.session.flows.clashing import clashes
from domain.session.flows.flow import Flow
from domain.session.flows.lines import located
from domain.session.flows.parsing import InvalidFlow, parse_flow, parse_flows
from domain.session.flows.triggering import Triggered, Triggers, triggers_of


@dataclass(frozen=True, slots=True)
class FlowBook:
    """Flows by name, as they are now, and by name and version, as they ever were."""

    current: Mapping[str, Flow]
    versions: Mapping[tuple[str, str], Flow]
    triggers: Triggers

    @classmethod
    def of(cls, sources: Mapping[str, str], older: Iterable[str] = ()) -> "FlowBook":
        """Build the book from YAML by file name, and from older sources as they were stored.

        Raises InvalidFlow when a flow is wrong, two share a name or a keyword, words would mean
        two things, or not exactly one is default; it names files and lines.
        """
        try:
            return cls._of(sources, older)
        except InvalidFlow as wrong:
            raise InvalidFlow(located(str(wrong), sources)) from None

    @classmethod
    def _of(cls, sources: Mapping[str, str], older: Iterable[str]) -> "FlowBook":
        by_file = parse_flows(sources)
        flows = list(by_file.values())
        current = {flow.name: flow for flow in flows}
        if twice := [name for name, times in Counter(f.name for f in flows).items() if times > 1]:
            raise InvalidFlow(f"two flows have the name {', '.join(twice)}: give each its own")
        defaults = [flow.name for flow in flows if flow.definition.triggers.default]
        if len(defaults) != 1:
            raise InvalidFlow(
                "exactly one flow needs `default: true` under its `triggers:`, but "
                f"{', '.join(defaults) if defaults else 'none'} {'have' if defaults else 'has'} it"
            )
        if problems := list(clashes(by_file)):
            raise InvalidFlow("\n".join(problems))
        every = [*(parse_flow(source, in_use=True) for source in older), *flows]
        versions = {(flow.name, flow.version): flow for flow in every}
        return cls(current, versions, triggers_of(flows))

    @classmethod
    def of_versions(cls, sources: Iterable[str]) -> "FlowBook":
        """Build a book in which the flows of sessions are found, and none can begin.

        Raises InvalidFlow.
        """
        flows = [parse_flow(source, in_use=True) for source in sources]
        return cls({}, {(flow.name, flow.version): flow for flow in flows}, triggers_of(()))

    def of_session(self, name: str, version: str) -> Flow:
        """Return the version that a session began with. Raises KeyError if it was never known."""
        return self.versions[name, version]

    @property
    def default(self) -> Flow:
        """The flow that begins when nothing else fits."""
        return next(flow for flow in self.current.values() if flow.definition.triggers.default)

    def wanted(self, sent: IncomingMessage, said: str) -> Triggered:
        """Return the flow of somebody who begins with this message, whose words are `said`."""
        return self.triggers.fitting(sent, said) or Triggered(self.default, "default")

    def stopped_by(self, said: str, flow: Flow) -> Flow | None:
        """Return the flow that confirms an opt-out, if the words are one: `flow` where it can."""
        return flow if said in flow.words.opt_out else self.triggers.opt_outs.get(said)

    def brought_back_by(self, said: str, flow: Flow) -> Flow | None:
        """Return the flow that confirms an opt-in, if the words are one: `flow` where it can."""
        return flow if said in flow.words.opt_in else self.triggers.opt_ins.get(said)

    def sources(self) -> Iterator[tuple[str, str, str]]:
        """Yield (name, version, YAML) of every current flow, to be kept for ever."""
        for flow in self.current.values():
            yield flow.name, flow.version, flow.source
