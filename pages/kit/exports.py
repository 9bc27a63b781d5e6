"""The file of an export on a page: its download, or the button that prepares it in the background,
with progress and Stop.
"""

import streamlit as st

from core.base.numbers import size
from core.export import exports
from core.export.catalogue import ExportFormat
from core.jobs import runner
from core.jobs.measure import EXPORT
from core.jobs.tasks import TaskState
from pages.kit import analyses
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.measurements import begin, current


def offer(run: str, format: ExportFormat, label: str = "Prepare file") -> None:
    """Draw the download of a run in this format, or the button `label` that prepares it."""
    store = runner.current().store
    if error := exports.problem(store, run, format):
        finding("info", escape(str(error)))
        return
    with_proof = format.with_proof()
    for variant in filter(None, (with_proof, format)):
        if ready := exports.prepared(store, run, variant):
            download(run, variant, ready)
            break
    else:
        preparation(run, format, label, ":material/deployed_code:")
    if with_proof and not exports.prepared(store, run, with_proof):
        preparation(run, with_proof, "Run it and compare the losses", ":material/verified:")


def download(run: str, format: ExportFormat, ready: exports.Prepared) -> None:
    """What was compared, and the download."""
    for found in format.findings(ready.result):
        finding(found.level, escape(found.text))
    st.download_button(
        f"Download ({size(ready.path.stat().st_size)})",
        ready.path.read_bytes,
        ready.path.name,
        on_click="ignore",
        icon=":material/download:",
        key=f"get {format.kind} {run}",
    )


def preparation(run: str, format: ExportFormat, label: str, icon: str) -> None:
    """The progress of a preparation, or the button that starts it, below the reason why the last
    one has failed.
    """
    name = exports.key_of(runner.current().store, run, format)
    task = current(name)
    if task and not task["over"]:
        st.fragment(analyses.progress, run_every=0.4)(task["id"], name)
        return
    if task and task["state"] == TaskState.FAILED:
        finding("bad", escape(task["problem"]))
    elif task and task["state"] == TaskState.STOPPED:
        finding("info", escape(task["problem"] or "Stopped before its end."))
    if button(label, key=f"{label} {format.kind} {run}", icon=icon):
        begin(EXPORT, format, run, name=name)
        st.rerun()
