"""Charts in character cells: what one shows (`plot`), from there to coloured characters, and the widget.

They know no run: `tui.widgets.run_plots` says what is drawn of one.
"""
