"""Promises of the knob panel under the mouse."""

from textual import events

from tests.tui.widgets.knob_panel import DROPOUT, lines, panel_in, view_of


async def clicked(pilot, panel, x, y):
    await pilot.click("#knob-list", offset=(x, y))
    await pilot.pause()


def columns_of(panel, y):
    return panel._line_of(panel._rows[y + panel._top]).columns(44)


async def test_the_first_click_on_a_line_chooses_it_and_turns_nothing_wherever_it_is():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        columns = columns_of(panel, 0)
        for x in (1, columns.less, columns.slider[3], columns.more, columns.value[2]):
            panel.move(1)
            await clicked(pilot, panel, x, 0)
            assert panel.chosen.key == DROPOUT
            assert app.turned == []
            assert not panel.editing


async def test_a_click_on_the_chosen_line_turns_by_its_arrows_sets_by_its_slider_and_types_by_its_value():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        columns = columns_of(panel, 0)
        where = (columns.more, columns.less, columns.less, columns.slider[0], columns.slider[-1], columns.slider[5])
        for x in where:
            await clicked(pilot, panel, x, 0)
            panel.update(view_of(app.preset), app.original, "dropped")
        assert [value for _, value, _ in app.turned] == [0.25, 0.2, 0.15, 0.0, 0.8, 0.35]
        await clicked(pilot, panel, columns.slider[5], 0)  # there already
        await clicked(pilot, panel, 2, 0)  # the name
        assert not panel.editing
        await clicked(pilot, panel, columns.value[3], 0)
        assert panel.editing
        assert len(app.turned) == 6


async def test_a_click_on_the_line_of_the_rest_opens_and_closes_it():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        await clicked(pilot, panel, 3, 2)
        assert panel.opened
        await clicked(pilot, panel, 3, 2)
        assert not panel.opened


async def test_a_click_in_a_list_that_has_scrolled_hits_the_line_that_is_seen():
    app, start = panel_in(height=9, opened=True)
    async with app.run_test(size=(44, 9)) as pilot:
        panel = await start(pilot)
        panel.move(-1)
        for y in range(len(lines(panel))):
            line = lines(panel)[y]
            if line.startswith((" ", "*")):
                await clicked(pilot, panel, 1, y)
                assert line[1:].startswith(panel.chosen.name.replace("_", " "))


async def test_a_click_on_a_section_or_below_the_list_changes_nothing():
    app, start = panel_in(height=80, opened=True)
    async with app.run_test(size=(44, 80)) as pilot:
        panel = await start(pilot)
        await clicked(pilot, panel, 1, lines(panel).index("regularization"))
        assert panel.chosen.key == DROPOUT
        panel.clicked(1, len(panel._rows) + 3)
        assert panel.chosen.key == DROPOUT
        assert app.turned == []


async def test_the_wheel_goes_down_and_up_by_one_line_and_around():
    app, start = panel_in(opened=True)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        chosen = []
        for event in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp, events.MouseScrollUp):
            await pilot._post_mouse_events([event], "#knob-list", offset=(2, 1))
            await pilot.pause()
            chosen.append(panel._chosen)
        assert chosen == ["training.lr", "more", "training.lr", DROPOUT]
        panel.move(-1)
        assert panel.chosen.key in panel._knobs.idle
        panel.move(1)
        assert panel.chosen.key == DROPOUT
