"""What genuine Keras draws of a model; in place of pydot, which it needs, this remembers boxes and arrows."""

import re
import sys

from keras.src.utils import model_visualization


class Part:
    """What looks in some way, which is of no interest here."""

    def __init__(self, *said, **settings):
        self.said, self.settings = said, settings

    def set(self, name, value):
        self.settings[name] = value


class Node(Part):
    pass


class Edge(Part):
    pass


class Dot(Part):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.nodes, self.edges, self.inside = [], [], []
        self.set_node_defaults = self.settings.update
        self.add_node, self.add_edge, self.add_subgraph = self.nodes.append, self.edges.append, self.inside.append

    def get_edge(self, *ends):
        return [edge for edge in self.edges if edge.said == ends]

    def everything(self):
        """Returns all boxes and arrows, those in frames too."""
        parts = [part.everything() for part in self.inside]
        nodes = [node for found, _ in parts for node in found]
        return self.nodes + nodes, self.edges + [edge for _, found in parts for edge in found]


Cluster = Dot


def drawn(model, monkeypatch, **arguments):
    """Returns what the boxes say, by their ids, and the arrows between these."""
    monkeypatch.setattr(model_visualization, "pydot", sys.modules[__name__])
    nodes, edges = model_visualization.model_to_dot(model, **arguments).everything()
    return {node.said[0]: facts(node.settings["label"]) for node in nodes}, [edge.said for edge in edges]


def facts(label):
    """Returns what is said in a box."""
    title = re.search(r"<b>([^<]*)</b> \((\w+)\)", label)
    said = {name.lower(): value for name, value in re.findall(r">([\w ]+): <b>([^<]*)</b>", label)}
    trained = re.search(r"<b>(Non-t|T)rainable</b>", label)
    said |= {"trainable": "yes" if trained[1] == "T" else "no"} if trained else {}
    return {"name": title[1], "class": title[2], **said}
