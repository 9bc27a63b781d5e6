"""AppTest without the work around the script that it runs: the search for components in the data
of every installed package, which takes 3 s and finds none of the lab's; the compilation of the same
scripts for each test; a look every millisecond whether the script has ended; dozens of walks over
the same tree; and, after each script, the end of Keras's session with a garbage collection of up to
3 s, once the test of an export has imported it.
"""

from collections.abc import Iterator

from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, element_tree, local_script_runner
from streamlit.testing.v1.element_tree import Block, ElementTree, Node
from streamlit.testing.v1.local_script_runner import LocalScriptRunner


def install() -> None:
    """Replace the parts of AppTest that are named above."""
    manifest_scanner.scan_component_manifests = list
    script_runner._clean_problem_modules = lambda: None
    compiled = ScriptCache()
    app_test.ScriptCache = local_script_runner.ScriptCache = lambda: compiled
    local_script_runner.require_widgets_deltas = _wait_for_script
    element_tree.Block.__iter__ = _walk
    element_tree.ElementTree.__iter__ = _walk_once


def _wait_for_script(runner: LocalScriptRunner, timeout: float = 3) -> None:
    """Wait until the thread of the script ends. Raises RuntimeError after `timeout` seconds."""
    runner._script_thread.join(timeout)
    if runner._script_thread.is_alive():
        runner.request_stop()
        runner.join()
        raise RuntimeError(f"AppTest script run timed out after {timeout}(s)")


def _walk(block: Block) -> Iterator[Node]:
    """Yield a block and all nodes within, each before its children."""
    waiting: list[Node] = [block]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Block):
            waiting.extend(reversed(node.children.values()))


def _walk_once(tree: ElementTree) -> Iterator[Node]:
    """Yield the nodes of a whole page, which does not change once it is read from its messages."""
    if not tree.children:
        return _walk(tree)
    if "walked" not in vars(tree):
        tree.walked = list(_walk(tree))
    return iter(tree.walked)
