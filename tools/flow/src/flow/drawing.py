"""A graph as a picture (SVG), laid out by Graphviz."""

from collections.abc import Mapping
from html import escape
from textwrap import wrap
from typing import Any

from pygraphviz import AGraph

from flow.graph import Graph, Node, Shape

_FORMS: Mapping[Shape, tuple[str, str]] = {
    "begin": ("ellipse", "#e2e8f0"),
    "ask": ("box", "#dbeafe"),
    "say": ("box", "#f1f5f9"),
    "branch": ("diamond", "#fef3c7"),
    "set": ("box", "#f5f5f4"),
    "call": ("component", "#ede9fe"),
    "human": ("octagon", "#fee2e2"),
    "template": ("note", "#e0f2fe"),
    "form": ("tab", "#dbeafe"),
    "lookup": ("cylinder", "#ffedd5"),
    "wait": ("hexagon", "#fae8ff"),
    "end": ("box", "#dcfce7"),
}
"""The shape and the colour of each kind of step."""
_FONT = {"fontname": "Helvetica,Arial,sans-serif", "fontsize": "11"}
_LINE = 28
"""Letters, after which a text goes on below."""


def svg(graph: Graph) -> str:
    """Return the picture."""
    drawn = AGraph(directed=True, strict=False, rankdir="TB", nodesep=0.35, ranksep=0.4)
    drawn.graph_attr.update(_FONT | {"label": graph.title, "labelloc": "t", "bgcolor": "white"})
    drawn.node_attr.update(_FONT | {"style": "filled,rounded", "color": "#64748b"})
    drawn.edge_attr.update(_FONT | {"fontsize": "9", "color": "#64748b", "arrowsize": "0.7"})
    for node in graph.nodes:
        shape, colour = _FORMS[node.shape]
        style = "filled,rounded" if shape == "box" else "filled"
        drawn.add_node(
            node.name, label=_label(node), shape=shape, fillcolor=colour, style=style, tooltip=" "
        )
    for edge in graph.edges:
        drawn.add_edge(edge.start, edge.end, label="\n".join(wrap(edge.label, _LINE)))
    _frame(drawn, graph)
    picture: bytes = drawn.draw(format="svg", prog="dot")
    return picture.decode()


def _frame(drawn: Any, graph: Graph) -> None:
    """Draw a frame around each called flow, within the frame of the one that calls it."""
    frames: dict[str, Any] = {}
    for name, title in graph.groups.items():
        outer, _, _ = name.rpartition(".")
        inside = [one.name for one in graph.nodes if one.group == name]
        frames[name] = frames.get(outer, drawn).add_subgraph(
            inside, name=f"cluster_{name}", label=title, style="rounded", color="#a78bfa"
        )


def _label(node: Node) -> str:
    """Give the step's name in bold, and below what it says, as Graphviz's HTML."""
    detail = "".join(f"<br/>{escape(line)}" for line in wrap(node.detail, _LINE))
    title = "<br/>".join(escape(line) for line in wrap(node.title, _LINE))
    return f"<<b>{title}</b>{detail}>"
