"""The command for the Ray cluster that LAB_RAY names: its nodes and what runs there."""

from argparse import Namespace
from dataclasses import asdict

from core.base.errors import BadInput
from core.base.settings import settings
from core.base.text import aligned, counted
from core.commands.requested import Answer
from core.commands.terminal import Terminal


def cluster(arguments: Namespace, terminal: Terminal) -> Answer:
    """List the nodes, and explain where versions differ. BadInput (no_cluster) without LAB_RAY."""
    if not settings().ray:
        raise BadInput(
            "LAB_RAY is not set, so studies and searches are computed on this machine. Set it to "
            "auto or to the address of a Ray cluster, such as ray://10.0.0.5:10001.",
            code="no_cluster",
        )
    from core.studies.places import ray_nodes

    nodes = ray_nodes.with_versions(ray_nodes.nodes())
    differences = ray_nodes.differences(nodes)
    terminal.print(f"{settings().ray}: {ray_nodes.summary(nodes)}")
    rows = ray_nodes.rows(nodes)
    terminal.print(*aligned([tuple(rows[0]), *(tuple(row.values()) for row in rows)]))
    terminal.print(*differences)
    silent = [node.name for node in nodes if node.versions is None]
    if silent:
        terminal.print(
            f"{counted(len(silent), 'node')} did not report versions ({', '.join(silent)}). Check "
            "that the lab is installed there and that PYTHONPATH contains its folder."
        )
    return {"address": settings().ray, "nodes": [asdict(n) for n in nodes], "warnings": differences}
