"""Uploaded files in the server's memory."""

from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx


def release(files: list) -> None:
    """Gives the uploads' memory back; Streamlit would hold it as long as the browser tab is
    open.
    """
    context = get_script_run_ctx()
    for file in files:
        if file and context:
            try:
                get_instance()._uploaded_file_mgr.remove_file(context.session_id, file.file_id)
            except (AttributeError, KeyError, RuntimeError):  # private: another version may differ
                return
