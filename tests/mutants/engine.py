"""Faults in how an experiment runs: stopping, lab, worker, record, history, what came out, files."""

from __future__ import annotations

from tests.mutants.mutant import LAB, Faults

FAULTS: Faults = {
    ("engine/stopping.py", "tests/engine/test_stopping.py"): [
        ("if epoch <= rule.start_from_epoch:", "if epoch < rule.start_from_epoch:"),
        ("watch.wait < rule.patience", "watch.wait <= rule.patience"),
        ('"val_acc": -val_acc', '"val_acc": val_acc'),
        ("if watch.marked:", "if False:"),
        ("current < best - rule.min_delta - rounding", "current < best - rounding"),
        ("if rule.patience > 0 else 0.0", "if rule.patience < 0 else 0.0"),
        ("math.isfinite(train_loss) and math.isfinite(val_loss)", "math.isfinite(train_loss)"),
    ],
    ("engine/lane.py", "tests/engine/test_reported.py"): [
        ("if improved:\n            self.best = self.last", "if True:\n            self.best = self.last"),
    ],
    ("engine/lane.py", LAB): [
        ("epoch >= settings.training.epochs", "epoch > settings.training.epochs"),
        ('reason == "diverged" or (rule.restore_best', "(rule.restore_best"),
        ("watch.best_epoch if restore else epoch", "epoch"),
    ],
    ("engine/lab.py", LAB): [
        ("rule.restore_best and lane.watch.best_epoch > 0", "rule.restore_best"),
        ("self._number = state.batch", "self._number = 0"),
        ("if self._number < stack.steps_per_epoch:", "if True:"),
        ("stack.keep_best(best)", "pass"),
    ],
    ("engine/turning.py", LAB): [
        ("self.epoch, min(self._number, stack.steps_per_epoch)", "self.epoch, self._number"),
        (
            "if name == arm:\n                        stack.settings.set",
            "if True:\n                        stack.settings.set",
        ),
        ("continue  # all its training has ended", "pass  # all its training has ended"),
    ],
    ("engine/turning.py", "tests/engine/test_time_machine.py"): [
        ("self._untrained.setdefault((name, knob), old)", "pass"),
        ("self.again.popleft()\n", "self.again.clear()\n"),
    ],
    ("engine/time_machine.py", "tests/engine/test_time_machine.py"): [
        ("< max(place, (0, 1))", "<= place"),
        ("again = turned_between(lab, arms, first, place, own_timeline)", "again = []"),
        ("self._moments.forget_after(epoch)", "pass"),
        ("if place < newest:", "if False:"),
        ("if end is not None", "if end is None"),
    ],
    ("engine/travel.py", "tests/engine/test_time_machine.py"): [
        ("while self._births and", "while False and"),
        ("held.place <= self.lab.place and", "False and"),
    ],
    ("engine/rearranging.py", "tests/engine/test_time_machine.py"): [
        ("if name not in arms", "if True"),
        ("state.finished = False  # where", "pass  # where"),
    ],
    ("engine/beside.py", "tests/engine/test_reported.py"): [
        ("statistics.stdev(ours)", "statistics.pstdev(ours)"),
        ("if len(ours) > 1 and", "if len(ours) > 2 and"),
        ("sum(ours) / len(ours)", "max(ours)"),
        ("lane.last if name == theirs.metric else lane.best", "lane.last"),
    ],
    ("engine/pace.py", "tests/engine/test_pace.py"): [
        ("self.paused, self._single_epochs = True, 0\n", "self.paused = True\n"),
        ("self.paused, self._single_epochs = False, 0\n", "self.paused = False\n"),
        ("max(self._due, time.perf_counter() - 1 / self.speed) + 1 / self.speed", "self._due + 1 / self.speed"),
        ("self.paused = self._single_epochs == 0", "self.paused = True"),
        ("self.paused or self._single_epochs > 0, 0", "self.paused, 0"),
        ("self._due = min(self._due, time.perf_counter() + 1 / speed)", "pass"),
        ("now - self._ticks[0][0] > _SPAN", "now - self._ticks[0][0] > 100 * _SPAN"),
        ("while len(self._ticks) > 2 and", "while"),
        ("(last - first) / (now - then) if now > then else 0.0", "(last - first) / (now - then)"),
        ("not speed > 0", "speed < 0"),
    ],
    ("engine/worker.py", "tests/engine/worker"): [
        ("self._lab = None  # the lab", "pass  # the lab"),
        ('raise PresetError("closed while loading")', "pass"),
        ("if self._closing:\n                    return\n", "if False:\n                    return\n"),
        ("self._emit([lab.started], state)", "self._shown.set_state(state)"),
    ],
    ("engine/shown.py", "tests/engine/worker"): [
        ("self.rate.count(self.record.epoch)", "pass"),
        ("if not isinstance(event, _NO_NEWS)", "if True"),
        ("self.count += len(events)", "self.count += 1"),
    ],
    ("engine/obeying.py", "tests/engine/worker"): [
        ("self._pace.forget_steps()\n                return put_back", "return put_back"),
        ("self._keeper.keep(lab, now=True)  # as it was", "pass  # as it was"),
        ("self._keeper.rearranged(self._held_back, outcome.lab)", "pass"),
    ],
    ("engine/obeying.py", "tests/engine/test_repeated.py"): [
        ("if self.waits and any(", "if any("),
        ("return put_back(self._shown.record)", "return []"),
    ],
    ("engine/runs/pending.py", "tests/engine/worker/test_rearranging.py"): [
        ("self._go_back(event.epoch, state)", "pass"),
        ("event.epoch < self._epoch or not self._newest", "event.epoch < self._epoch"),
    ],
    ("engine/script.py", "tests/engine/test_script.py"): [
        ("k = epoch - self.begun\n", "k = epoch - self.begun + 1\n"),
        ("self._done = set(state.done)", "self._done = set()"),
        ("self._ramps = list(state.ramps)", "self._ramps = []"),
        ("if stands != ramp.now:", "if False:"),
        ("round(value) if whole else", "value if whole else"),
        ("self._met.clear()", "pass"),
        ("if any(lane.stopped is None for lane in lanes):  # what", "if True:  # what"),
        ("if not lab.finished:\n            events += self._set", "if True:\n            events += self._set"),
    ],
    ("engine/preset/condition.py", "tests/engine/test_preset_timeline.py"): [
        ("if away > 0:", "if away >= 0:"),
    ],
    ("engine/repeated.py", "tests/engine/test_repeated.py"): [
        ('"batch": first.batch, ', ""),
        ("return False\n        elif", "return True\n        elif"),
    ],
    ("engine/replay.py", "tests/engine/test_repeated.py"): [
        ("return one == other or (", "return True or ("),
        ("return\n        del self._checkpoints", "pass\n        return"),
    ],
    ("engine/looker.py", "tests/engine/worker"): [
        ("statistics.median(self._costs) / _LOOK_SHARE - _LOOK_EVERY", "(ended - began)"),
        ("self._by_viewer[viewer] = wanted", "self._by_viewer = {viewer: wanted}"),
    ],
    ("engine/worker.py", "tests/tui/commands/test_resume.py"): [
        ('self._act(answered.command, "", answered.receipt)', "pass"),
    ],
    ("engine/control.py", "tests/engine/worker"): [
        ("if (epoch, batch) == (self.at, 0):", "if True:"),
    ],
    ("engine/control.py", "tests/engine/test_control.py"): [
        ("number < self._now[0][0]", "number > self._now[0][0]"),
        ("part[: LONGEST + 1 - len(self._begun)]", "part"),
        ("type(at) is not int or", "not isinstance(at, int) or"),
        ("(ValueError, RecursionError)", "ValueError"),
        ("parse_constant=_no_constant", "parse_constant=float"),
    ],
    ("engine/serve/place.py", "tests/engine/serve/test_place.py"): [
        ("folder.chmod(0o700)", "pass"),
        ("and about.st_uid == os.geteuid() and not about.st_mode & 0o077", ""),
        ("            path.unlink()", "            pass"),
        ("new.chmod(0o600)", "pass"),
    ],
    ("engine/serve/stream.py", "tests/engine/serve/test_stream.py"): [
        ("if begin < 0:", "if begin < -100:"),
        ("            if last != self.last + len(events):", "            if False:"),
        ('self._newest[key].event, self._newest[key].line = None, ""', "pass"),
    ],
    ("engine/serve/server.py", "tests/engine/serve/test_server.py"): [
        ("if number > self.received(client):", "if True:"),
        ("        if self._is_there():\n            return False\n", "        return False\n"),
    ],
    ("engine/client.py", "tests/engine/serve/test_server.py"): [
        ('self._unconfirmed[0][0] <= welcome["commands"]', "self._unconfirmed"),
        ("again, self._connected = not self._connected, True", "again, self._connected = False, True"),
        ("event = dataclasses.replace(event, number=mine)", "pass"),
    ],
    ("engine/record.py", "tests/engine/test_record.py"): [
        ("self.epoch = max(self.epoch, event.epoch)", "self.epoch = event.epoch"),
        ("None if event.of_all else event.arm", "event.arm"),
        ("self.reported += (event,)", "self.reported = (event,)"),
        ("all(lane in self.finished for", "any(lane in self.finished for"),
        ('any(end.reason == "user"', 'all(end.reason == "user"'),
        ('all(ends.get(lane) == "diverged"', 'any(ends.get(lane) == "diverged"'),
        (
            '"last", "would_stop", "stopped", "finished", "found", "seen"',
            '"would_stop", "stopped", "finished", "found", "seen"',
        ),
    ],
    ("engine/history.py", "tests/engine/test_history.py"): [
        ("self._measured[:, : columns.size] = self._measured[:, columns]", "pass"),
        (
            "            self._used = columns.size\n            self._means.clear()",
            "            self._used = columns.size",
        ),
        ("self._of(name)[row, column] = value\n            self._means.clear()", "self._of(name)[row, column] = value"),
        ("(self._epochs[self._used - 1] - 1) % self._stride", "self._epochs[self._used - 1] % self._stride"),
        ("del self._interventions[: -self._bound]", "pass"),
        ("np.maximum(1, count - 1)", "np.maximum(1, count)"),
        ("self._measured[:, self._used] = False", "pass"),
        ("return np.where(measured_Ln, values_Ln, carried_Ln), carried_Ln", "return values_Ln, carried_Ln"),
        ("measured_Ln & np.isfinite(values_Ln) if _is_in_every_epoch(metric) else measured_Ln", "measured_Ln"),
    ],
    ("engine/ranking.py", "tests/engine/test_ranking.py"): [
        ("return not arm.measured, arm.diverged > 0,", "return not arm.measured, False,"),
        ("if number.mean <= far]", "if True]"),
        ("low, high = max(low, 0.0), min(high, 1.0)", "low, high = max(low, 0.0), high"),
    ],
    ("engine/verdict.py", "tests/engine/test_verdict.py tests/tui/test_report.py"): [
        ("and not self.rounded and half_width", "and half_width"),
        ("half_width(self.n) * self.spread < abs(self.mean)", "self.spread < abs(self.mean)"),
        ("math.sqrt(len(values) - 1)", "math.sqrt(len(values))"),
        ("self.lower if self.mean < 0 else self.higher", "self.higher if self.mean < 0 else self.lower"),
        ("if self.spread is None or self.rounded or self.clear:", "if self.spread is None or self.clear:"),
        ("_deviation([b for _, b in pairs], after)", "_deviation([a for a, _ in pairs], before)"),
        ("sound = [row for row in rows if not row.diverged]", "sound = list(rows)"),
        ("if len({row.judged_by for row in rows}) > 1:", "if False:"),
    ],
    ("engine/statistics.py", "tests/engine/test_statistics.py"): [
        ("(first + second) ** 2 / (", "(first + second) / ("),
        ("(first * first + second * second) / (n - 1)", "(first * first + second * second) / n"),
        ("if x < (a + 1) / (a + b + 2):", "if True:"),
        ("return math.inf if n < 2 else", "return"),
        ("(low, middle) if half_width(middle)", "(low, middle + 1) if half_width(middle)"),
        ("if half_width(high) * std >= abs(mean):", "if False:"),
    ],
    ("engine/compared.py", "tests/engine/test_compared.py"): [
        ("if base.diverged or row.diverged:", "if row.diverged:"),
        ('"better" if between.mean < 0', '"better" if between.mean > 0'),
        ('between.needed if verdict == "not_told_apart" else None', "between.needed or between.n"),
        ("event.seeds_needed - event.n", "event.seeds_needed"),
    ],
    ("engine/difference_curve.py", "tests/engine/test_difference_curve.py"): [
        ("(count_n - 1)", "count_n"),
        ("if seed in seeds[1]", "if True"),
        ("widths[count_n]", "widths[-1]"),
    ],
    ("engine/outcome.py", "tests/engine/test_outcome.py"): [
        ("if b / a >= 3:", "if b / a >= 300:"),
        ("max(_SMALL, 0.02 * abs(a))", "max(_SMALL, 0.5 * abs(a))"),
        ("closed != (losses.mean < 0)", "closed == (losses.mean < 0)"),
        ("lambda kept: kept.test_loss, -1, loss", "lambda kept: kept.test_loss, 1, loss"),
        ("base = rows[0] if rows[0] in others else others[0]", "base = others[-1]"),
        ("level = [other for other in others if not _is_ahead(leader, other)]", "level = list[ArmRow]()"),
        ("(between.mean, high, low)", "(between.mean, low, high)"),
        ("{between.lower} of {between.n}", "{between.n} of {between.n}"),
        ("all(kept.last or not kept.best for kept in lanes)", "all(not kept.best for kept in lanes)"),
    ],
    ("engine/captions.py", "tests/engine/test_captions.py"): [
        ("math.ceil(_MOST * len(seen))", "1"),
        ("if risen and train_w[now] < _FALLING * train_w[lowest]", "if risen and True"),
        ("and val_w[now] > val_w[before]", "and True"),
        ("train_Sn, val_Sn = train_Sn[:, :-1], val_Sn[:, :-1]", "pass"),
        ("        if not measured[-1]:", "        if False:"),
    ],
    ("engine/preset/tries.py", "tests/engine/test_preset_tries.py"): [
        (
            "overrides = _merged(arm.overrides, chosen.changes) if chosen.arm == arm.name else arm.overrides",
            "overrides = _merged(arm.overrides, chosen.changes)",
        ),
        ("tuple(other for other in preset.tries if other != chosen)", "preset.tries"),
        ("if not chosen.arm:", "if True:"),
    ],
    ("engine/summary.py", "tests/engine/test_verdict.py tests/tui/test_report.py"): [
        ("math.sqrt(len(finite) - 1)", "math.sqrt(len(finite))"),
        ("if len(finite) > 1 else None", "if len(finite) > 2 else None"),
        ("stopped.kept_epoch == last.best_epoch if stopped", "restores if stopped"),
        ("if len(ends) < lanes:", "if False:"),
        ("best = [epoch for epoch in epochs if epoch.best_epoch > 0]", "best = epochs"),
        ("max(_decimals(number.reported), least)", "_decimals(number.reported)"),
    ],
    ("engine/finder.py", "tests/engine/test_finder.py"): [
        ("mean / (1 - _SMOOTHING**number)", "mean"),
        ("loss > _DIVERGED * best", "loss > 100 * best"),
        ("range(losses.index(min(losses)))", "range(len(losses) - 1)"),
        ("stack.thaw()", "pass"),
        ("max(noise, _FALL * abs(losses[0]))", "0"),
    ],
    ("engine/memory.py", "tests/engine/test_memory.py"): [
        ("need > free:", "need >= 2 * free:"),
        ("return most - now + given_back", "return most - now"),
        ("1024 * int(words[0])", "int(words[0])"),
        ("(PurePosixPath(path), *PurePosixPath(path).parents)", "(PurePosixPath(path),)"),
    ],
    ("engine/files.py", "tests/engine/test_files.py"): [
        ("mode = 0o666 if before is None else 0o600", "mode = 0o666"),
        ("os.chmod(aside, stat.S_IMODE(before.st_mode))", "pass"),
        ("aside.unlink()\n        raise", "pass\n        raise"),
        ("os.link(aside, place)", "os.replace(aside, place); return"),
        ("place = Path(os.path.realpath(path)) if replace else path", "place = path"),
        ('[:room].decode("utf-8", "ignore")', '.decode("utf-8", "ignore")'),
    ],
    ("engine/gpu.py", "tests/engine/test_gpu.py"): [
        ('device.partition(":")[2] or 0', 'device.partition(":")[2] or 1'),
        ("memory.used / 2**30", "memory.total / 2**30"),
        ("except pynvml.NVMLError:\n        return device", "except ZeroDivisionError:\n        return device"),
    ],
}
