"""The pages of the lab: file, title and icon of each, by group. The router and the tests of the
whole site read them here.
"""

GROUPS = {
    "": [("start", "Start", "home")],
    "Prepare": [
        ("data", "Data", "grid_view"),
        ("network", "Network", "layers"),
        ("train", "Train", "tune"),
    ],
    "Observe": [("watch", "Watch", "monitoring"), ("runs", "Runs", "table_rows")],
    "Explore": [
        ("double_descent", "Double descent", "elevation"),
        ("search", "Search", "travel_explore"),
        ("concepts", "Concepts", "school"),
        ("lessons", "Lessons", "menu_book"),
    ],
    "Use": [("predict", "Predict", "draw")],
}
PAGES = tuple(name for rows in GROUPS.values() for name, _, _ in rows)
