"""The notice of a page outlives a run that is broken off before the browser shows it."""

from streamlit.testing.v1 import AppTest


def broken_off():
    import streamlit as st

    from pages.kit import address, session

    address.open_page()
    if st.button("say"):
        session.notice("Saved.")
    st.caption(session.shown_notice() or "no notice")
    if st.session_state.get("break_off"):
        st.stop()
    address.close_page()


def test_a_page_that_is_broken_off_shows_its_notice_again():
    opened = AppTest.from_function(broken_off, default_timeout=30).run()
    opened.session_state["break_off"] = True
    opened.button[0].click().run()
    assert opened.caption[0].value == "Saved."
    opened.session_state["break_off"] = False
    assert opened.run().caption[0].value == "Saved."
    assert opened.run().caption[0].value == "no notice"
