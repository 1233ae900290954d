"""Faults in what a person sees and presses."""

from __future__ import annotations

from tests.mutants.mutant import Faults

_C = "tests/tui/charts"
_W = "tests/tui/widgets"
_S = "tests/tui/screens"

FAULTS: Faults = {
    ("tui/charts/canvas.py", f"{_C}/test_canvas.py {_C}/test_drawing.py"): [
        (
            "np.flatnonzero(np.diff(column, prepend=column[0] - 1))",
            "np.flatnonzero(np.diff(column, prepend=column[0]))",
        ),
        ("joined[2::2] = run[starts[1:]] == run[ends[:-1]]", "joined[2::2] = True"),
        ("joined[1:] = run[1:] == run[:-1]", "joined[1:] = True"),
        ("rising = y[ends] >= y[starts]", "rising = y[ends] < y[starts]"),
        ("tied[2::2] = (cx[2::2] == cx[1:-1:2]) & (cy[2::2] == cy[1:-1:2])", "tied[2::2] = True"),
        (
            "alone = ~joined & ~np.append(joined[1:], False) & self.inside(px, py)",
            "alone = np.zeros(len(px), dtype=bool)",
        ),
        ("seen = enter <= leave", "seen = enter < 2 + leave"),
        ("since_gap % period < dash", "pixel % period < dash"),
        ("keep &= y > 0", "keep &= y >= 0"),
        ("low = np.where(np.isfinite(low) &", "low = np.where(np.isfinite(high) &"),
        ("if log:\n        keep", "if False:\n        keep"),
        ("run = run - np.arange(len(run))", "run = 0 * run"),
        ("x1 = x0 + max(1.0, abs(x0) * 1e-9)", "x1 = x0 + 1e-300"),
        ("np.maximum(steps, 1)", "np.maximum(steps, 2)"),
        ('order = np.argsort(x, kind="stable")', "order = np.arange(len(x))"),
    ],
    ("tui/charts/drawing.py", f"{_C}/test_drawing.py"): [
        ('if mark.kind != "best" and canvas.holds(mark.x)\n    )', 'if mark.kind != "best"\n    )'),
    ],
    ("tui/charts/curves.py", f"{_C}/test_drawing.py"): [
        ("_DOTTED = (3, 1)", "_DOTTED = (3, 3)"),
        ('"O" if ascii_only else "◆"', '"O" if ascii_only else "O"'),
        ("blend(rgb, skin.background, FAINT[skin.dark]) if series.faint else rgb", "rgb"),
        ("count = np.where(heavy[path], 4, 1)", "count = np.where(heavy[path], 1, 1)"),
        ("return _DASHES[cycle % len(_DASHES)]", "return _DASHES[0]"),
        ("(skin.colourless or repeated)", "repeated"),
        ("on_curve[0] if on_curve else cell", "cell + canvas.cells[0]"),
    ],
    ("tui/charts/bands.py", f"{_C}/test_bands.py"): [
        ("np.where(upper, low, high)", "np.where(upper, high, low)"),
        ("inside &= curve.run[after] == curve.run[after - 1]", "pass"),
        ("mixed[inside] += opacity", "mixed[inside] += 0.5"),
        ("columns[columns % _APART ==", "columns[columns % 1 =="),
    ],
    ("tui/charts/ends.py", f"{_C}/test_ends.py {_C}/test_drawing.py"): [
        ("<= _OFF for", "<= 99 for"),
        ("(rows_wanted[label], -heights[label], label)", "(rows_wanted[label], label)"),
        ("apart = np.diff(columns) > 3", "apart = np.diff(columns) > 0"),
        ("and cell_len(sign) == 1", ""),
    ],
    ("engine/limits.py", f"{_W}/test_run_plots.py"): [
        ("start = max(loss for loss in starts if loss <= 100 * max(min(starts), 0.1))", "start = max(starts)"),
        ("(settled := max(_quantile(y, _SETTLED) for y in finite)) < highest / 4", "(settled := 0.0) > highest"),
        ("min(top, 3 * start) if start else top", "top"),
        ("np.zeros(1), *differences", "*differences"),
        ("if level <= _USUAL * max(min(usual), 0.1)", "if level <= 0.0"),
        ("within + 0.1 * (within - lowest)", "within + 9 * (within - lowest)"),
        ("lowest = min(0.0, lowest) if lowest < highest / 2 else lowest", "lowest = min(0.0, lowest)"),
    ],
    ("tui/charts/ends.py", f"{_C}/test_cursor.py"): [
        ('free = np.isin(codes, (BLANK, BRAILLE, *map(ord, "│┃┊")))', "free = np.isin(codes, (BLANK, BRAILLE))"),
        ('colours[free] = ord("│"), packed(rgb)', 'colours[:] = ord("│"), packed(rgb)'),
        ("before = room - len(self.value) - bool(self.value)", "before = room"),
        ("max(5, width // 4) + values) + 1", "max(5, width // 4)) + 1"),
    ],
    ("tui/charts/drawing.py", f"{_C}/test_cursor.py {_C}/test_drawing.py"): [
        ("pixel = (column - canvas.left) * canvas.sx", "pixel = column * canvas.sx"),
        ("skin.tinted and not skin.colourless else None", "skin.tinted else None"),
        ('np.searchsorted(curve.x, canvas.x1, "right")', 'np.searchsorted(curve.x, canvas.x1 * 9, "right")'),
    ],
    ("tui/screens/look_back.py", "tests/tui/screens/test_look_back.py"): [
        ("None if lens.cursor > view.record.epoch else moved", "moved"),
        ("elif self.cursor is not None:", "elif False:"),
        ("None if round(epoch) > view.record.epoch else", ""),
        (
            "if not self._shows_the_past():\n            super().turn_knobs(turns)",
            "if True:\n            super().turn_knobs(turns)",
        ),
        ("arm is not None and arm != self._chosen.arm and", "False and"),
    ],
    ("tui/panes/look.py", "tests/tui/screens/test_look_back.py"): [
        ("view, height = view.whole, max(0, height - 1)", "pass"),
        ("and not look.of_any_epoch", ""),
    ],
    ("tui/widgets/lens.py", f"{_W}/test_run_plots.py {_W}/test_lens.py"): [
        ("max(view.record.epoch, 10)", "max(view.record.epoch, 2)"),
        ("float(max(newest, min(step, view.preset.epochs)))", "float(newest)"),
        ("first = lens.cursor - span / 2", "first = lens.cursor - span"),
        ("* _STEPS) * span / _STEPS - span", "* _STEPS) * span / _STEPS"),
        ("faint=True, low=None, high=None), then]", "low=None, high=None), then]"),
        ("number=None, faint=True)", "number=None)"),
        ('label="", value="")\n', 'label="")\n'),
    ],
    ("engine/smoothing.py", "tests/engine/test_smoothing.py"): [
        ("np.where(finite, y_n, 0.0)", "np.nan_to_num(y_n)"),
        ("sums / np.maximum(counts, 1e-300)", "sums * (1 - share)"),
    ],
    ("engine/as_of.py", "tests/engine/test_as_of.py"): [
        ("turn for turn in turns if turn.epoch < then", "turn for turn in turns if turn.epoch <= then"),
        ("if lane[0] in ended}", "}"),
        ("None if of_all else turn.arm", "turn.arm"),
        ("later[::-1]", "later"),
        ("if then >= record.epoch else None", ""),
    ],
    ("tui/widgets/run_plots.py", f"{_W}/test_run_plots.py"): [
        ("all(above)}", "any(above)}"),
        ("np.asarray(epochs)[measured], mean[measured]", "np.asarray(epochs)[measured], 2 * mean[measured]"),
        ("{*epochs[:1], *epochs[-1:]}", "{*epochs[:1]}"),
        ("whole = len(ends) == len(view.seeds_of(arm))", "whole = len(ends) > 0"),
        ("if 0 < ended < seeds else", "if 0 < ended <= seeds else"),
        ("faint = many and selected is not None and arm != selected", "faint = False"),
        (
            "spread = len(view.preset.seeds) > 1 and (not many or arm == selected)",
            "spread = len(view.preset.seeds) > 1",
        ),
        ("if turn.arm in some and not", "if not"),
    ],
    ("tui/widgets/words.py", f"{_W}/test_words.py"): [
        ("if whole < 60:", "if whole <= 60:"),
        ('"▏▎▍▌▋▊▉"[part - 1]', '"▏▎▍▌▋▊▉"[part - 2]'),
        ("share = min(1.0, max(0.0, share))", "share = max(0.0, share)"),
        ("divmod(whole, 3600)", "divmod(whole, 600)"),
    ],
    ("tui/charts/ticks.py", f"{_C}/test_drawing.py"): [
        ("if len(set(texts)) == len(texts):", "if True:"),
    ],
    ("tui/widgets/lines.py", f"{_W}/test_lines.py"): [
        ("return first, last + 1", "return first, last"),
        ("one.style == other.style and one.spans == other.spans", "one.style == other.style"),
    ],
    ("tui/widgets/plain.py", f"{_W}/test_plain.py"): [
        ('else "?" * cell_len(sign) for sign in plain', 'else "?" for sign in plain'),
        ("return style.without_color", "return style"),
    ],
    ("tui/widgets/comparison.py", f"{_W}/test_comparison.py"): [
        ("for sentence in [*lines, line][:3]", "for sentence in [*lines, line]"),
        ("if taken > room:", "if taken > room + 3:"),
        ("self._first = max(0, min(self._first, self._last))", "self._first = max(0, self._first)"),
        ("if event.y < len(self._arms):", "if event.y <= len(self._arms) + 1:"),
        ("if start <= x < end", "if start < x <= end + 3"),
        ("if row.arm == best else ' '", "if row.arm != best else ' '"),
        ('marked = " reverse" if row.arm == selected else ""', 'marked = ""'),
        ("if line and len(line) + 1 + len(word) > width - 1:", "if line and len(line) + 1 + len(word) > width + 9:"),
    ],
    ("tui/widgets/columns.py", f"{_W}/test_comparison.py"): [
        ("return Order() if self.best_last else", "return Order() if not self.best_last else"),
        ("(place + 1) % len(places)", "(place + 1) % (len(places) - 1)"),
        ("reverse=column.higher_is_better != self.best_last", "reverse=self.best_last"),
    ],
    ("tui/widgets/forest_plot.py", f"{_W}/test_forest_plot.py"): [
        ("if not self._scrolled:", "if True:"),
        ("place = self._top + event.y // self._pitch", "place = self._top + event.y"),
        ("if room - max(map(len, texts)) < _EASY:", "if False:"),
        ("selected if selected in others else others[0]", "selected or others[0]"),
    ],
    ("tui/charts/intervals.py", f"{_C}/test_intervals.py"): [
        ("min(abs(share), abs(share - 1)) < 1e-9", "False"),
        ("if len(values) > 1 and", "if"),
        ('styles.setdefault(crossing, "dim")', 'styles[crossing] = "dim"'),
    ],
    ("tui/widgets/stopping.py", f"{_W}/test_stopping.py"): [
        ("if (arm, lane.seed) not in view.record.stopped", "if True"),
        ('"bold red" if wait >= rule.patience else ""', '""'),
        ('others != ["epochs"] or not fates', "True"),
        ("waited = min(wait, rule.patience)", "waited = wait"),
        ("stop.epoch - stop.best_epoch", "rule.patience"),
    ],
    ("tui/widgets/header.py", f"{_W}/test_header.py"): [
        ("(epochs - newest) / rate", "epochs / rate"),
        ("parts.pop(1)", "parts.pop(0)"),
    ],
    ("tui/widgets/knobs.py", f"{_W}/test_knobs.py {_W}/test_knobs_mouse.py"): [
        ('self._refuse(f"{setting(values[0])} is the end: {knob.bounds}")', "pass"),
        ("for arm, before, after in arms if before != after", "for arm, before, after in arms"),
        ("if set(line.values) != {value}:", "if True:"),
        ("if row.key != self._chosen:", "if False:"),
        ("row := self._rows[y + self._top]", "row := self._rows[y]"),
        ("self._open = self._open or key not in map(row_key, self._rows)", "self._open = self._open"),
        ("(keys.index(self._chosen) + by) % len(keys)", "min(keys.index(self._chosen) + by, len(keys) - 1)"),
        (
            "self._top = min(max(self._top, place - height + 1), max(0, place - 1))",
            "self._top = max(self._top, place - height + 1)",
        ),
        ("bool(arms & {None, self._arm})", "True"),
        (
            "event.stop()\n        self.move(1)",
            "event.stop()\n        self.move(-2)",
        ),
    ],
    ("tui/widgets/knob_list.py", f"{_W}/test_knobs.py {_W}/test_knobs_mouse.py"): [
        ("*(knob for knob in self.rest if knob.key in changed)", "*()"),
        (
            "return round(self.knob.position(value) * (cells - 1))",
            "return round(self.knob.position(value) * cells / 2)",
        ),
        ("signs[place] = beyond if above else knob", "signs[place] = knob"),
    ],
    ("tui/widgets/arm_names.py", f"{_W}/test_arm_names.py"): [
        ("if room is None or len(full) <= room:", "if room is None or len(full) < room + 9:"),
        ("if alone and sets_itself(original, knob, arm)", "if sets_itself(original, knob, arm)"),
    ],
    ("tui/screens/undo.py", "tests/tui/screens/test_undo.py"): [
        ("if now.arm(step.arm).settings.get(step.knob) == step.new", "if True"),
        ("gesture[place] = replace(step, old=gone.old)", "pass"),
        ("and arm.settings.get(turn.knob) != turn.value", ""),
    ],
    ("tui/screens/shown_run.py", "tests/tui/screens/test_shown_run.py"): [
        ("command = renamed(command, own)", "pass"),
        ("if self.arrangement.hidden:\n            turns", "if False:\n            turns"),
        ("self.undo.refused(event.number)", "pass"),
        ('if getattr(event, "arm", None) not in hidden', "if True"),
    ],
    ("tui/screens/pace.py", f"{_S}/test_pace.py"): [
        ("max(wished, min(SLOWEST,", "max(wished, max(SLOWEST,"),
        ("statistics.median(self._costs)", "max(self._costs)"),
        ("self._costs) / share", "self._costs) / 1.0"),
        ("if free else", "if not free else"),
        ("view.rate >= _BEAT * view.speed", "view.rate >= 0"),
        ("SHARE = 0.04", "SHARE = 0.4"),
    ],
    ("tui/screens/files.py", f"{_S}/test_files.py"): [
        ('if name.endswith(".toml") else f"{name}.toml"', ""),
        ('self.ask(name, f"Not written.', "self.ask('', f\"Not written."),
    ],
    ("tui/runs/exporting.py", f"{_S}/test_exporting.py"): [
        ("if not replace and (target.exists() or target.is_symlink()):", "if False:"),
        ("if self._given_up.is_set():", "if False:"),
    ],
    ("tui/screens/exporting.py", f"{_S}/test_exporting.py"): [
        ("field.value.removesuffix(before.ending) + self._form.ending", "field.value"),
        ("disabled=bool(why_not)", "disabled=False"),
        ('self.ask(wish, f"Not written.', 'self.ask(None, f"Not written.'),
    ],
    ("tui/say.py", "tests/tui/test_say.py"): [("' '.join(message.split())", "message")],
    ("tui/keys.py", "tests/tui/test_keys.py"): [
        (
            'self._pasted, self._held = self._pasted, None, ""',
            "self._pasted, self._held = self._pasted, None, self._held",
        ),
        ("[: PASTE_LIMIT - len(pasted_before)]", ""),
        ('_CONTROLS.sub("", content[: 2 * PASTE_LIMIT])', "content[: 2 * PASTE_LIMIT]"),
    ],
    ("tui/report.py", "tests/tui/test_report.py"): [
        ("and not own:", "or own:"),
        ("del options[place : place + 2]", "del options[place : place + 1]"),
        ("longest + _width(layout, rows) <= width", "_width(layout, rows) <= width"),
    ],
}
