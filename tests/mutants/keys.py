"""Faults in what keys do, in how the screen follows a run, and in how the program ends."""

from __future__ import annotations

from tests.mutants.mutant import Faults

FAULTS: Faults = {
    ("tui/signals.py", "tests/tui/test_signals.py"): [
        ("self.graceful and not self.interrupted:", "self.graceful:"),
        ("signal.set_wakeup_fd(self._wakeup_before)", "pass"),
        ("os.close(self._pipe[1])", "pass"),
        ("            if signum == signal.SIGINT:\n                self._end(128 + signum)", "            pass"),
        ("last.start()", "pass"),
    ],
    ("tui/headless.py", "tests/tui/test_headless.py::test_json_lines_are_there_as_soon_as_they_are_known"): [
        ("sys.stdout.flush()", "pass"),
    ],
    (
        "tui/app.py",
        "tests/tui/test_app.py::test_told_to_end_it_ends_with_the_code_of_the_signal_and_without_a_table "
        "tests/tui/test_app.py::test_told_to_end_by_ctrl_c_it_ends_with_the_table_so_far",
    ): [
        ("self.close_workers(timeout=0)  # the threads", "pass  # the threads"),
        ("and view.record.epoch > 0 and not (view.opened or view.attached):", "and False:"),
    ],
    (
        "tui/screens/arrangement.py",
        "tests/tui/screens/test_main.py::test_a_terminal_that_is_small_in_one_direction_has_pages_too "
        "tests/tui/screens/test_main.py::test_a_terminal_that_is_too_small_is_told_so_and_training_goes_on",
    ): [
        ("width < COMPACT[0] or height < COMPACT[1]", "width < COMPACT[0] and height < COMPACT[1]"),
        ("COMPACT = (110, 34)", "COMPACT = (111, 34)"),
        ("tiny = width < SMALLEST[0] or height", "tiny = width < 20 or height"),
    ],
    (
        "tui/screens/main.py",
        "tests/tui/screens/test_running.py::test_paused_the_epoch_stands_still_and_a_dot_trains_exactly_one",
    ): [
        ("self._chosen.paused = True\n", "pass\n"),
    ],
    (
        "tui/screens/main.py",
        "tests/tui/screens/test_running.py::test_two_quick_presses_of_space_are_a_pause_and_its_end",
    ): [
        ("self._chosen.paused = not self._chosen.paused", "self._chosen.paused = not self.view.paused"),
    ],
    (
        "tui/screens/main.py",
        "tests/tui/screens/test_running.py::test_every_press_changes_the_speed_by_one_notch_also_in_bursts",
    ): [
        ("if by > 0 else bisect.bisect_left(speeds, now) - 1", "if by > 0 else bisect.bisect_right(speeds, now) - 1"),
        ("SPEEDS[max(0, place)]", "SPEEDS[place]"),
    ],
    (
        "tui/screens/arms_and_knobs.py",
        "tests/tui/screens/test_actions.py::test_arrows_scroll_a_table_in_focus_and_turn_no_knob_that_an_enlarged_pane_hides",
    ): [
        ("if not hidden or self.run.view().opened:", "if True:"),
        ('return self.maximized.id == "knobs"', "return True"),
    ],
    ("tui/screens/arms_and_knobs.py", "tests/tui/screens/test_turning.py::test_a_burst_of_turns_counts_every_one"): [
        ("self.query_one(KnobPanel).update(self.run.view(), self.run.original, self._chosen.arm)", "pass"),
    ],
    (
        "tui/screens/main.py",
        "tests/tui/screens/test_main.py::test_a_small_terminal_shows_the_other_panes_page_by_page",
    ): [
        ("(self._chosen.page + 1) % PAGES", "min(self._chosen.page + 1, PAGES - 1)"),
    ],
    (
        "tui/screens/arms_and_knobs.py",
        "tests/tui/screens/test_turning.py::test_tab_goes_through_the_arms_then_all_of_them",
    ): [
        ("choices = [*self.run.arms, None]", "choices = [*self.run.arms]"),
    ],
    ("tui/panes/losses.py", "tests/tui/screens/test_turning.py::test_tab_goes_through_the_arms_then_all_of_them"): [
        ('pane.set_class(shown.arm in (arm, None), "selected")', 'pane.set_class(shown.arm == arm, "selected")'),
    ],
    ("tui/screens/experiments.py", "tests/tui/screens/test_dialogs.py::test_discard_ends_without_a_table"): [
        ("EndProgram(answer)", 'EndProgram("keep")'),
    ],
    (
        "tui/screens/experiments.py",
        "tests/tui/screens/test_dialogs.py::"
        "test_a_run_that_has_not_begun_is_left_without_a_question_and_without_a_table",
    ): [
        ("or view.record.epoch == 0:\n        screen.post", "or False:\n        screen.post"),
    ],
    ("tui/app.py", "tests/tui/test_app.py::test_a_paused_run_is_paused_when_it_is_back"): [
        ("if not left.paused and isinstance(left.worker, Worker):", "if isinstance(left.worker, Worker):"),
    ],
    (
        "tui/panes/losses.py",
        "tests/tui/screens/test_views.py::test_in_each_theme_the_arms_are_drawn_in_colours_that_stand_out_from_its_ground",
    ): [
        ('f"{name}  ", colour(place, dark))', 'f"{name}  ", colour(place, True))'),
    ],
    (
        "tui/screens/news.py",
        "tests/tui/screens/test_running.py::test_a_lane_that_diverges_is_told_once_and_its_pane_says_it",
    ): [
        ("if len(ends) > 1 else ''", "if len(ends) < 1 else ''"),
    ],
}
