"""Faults in what is trained: regularizers, network, optimizer, data."""

from __future__ import annotations

from tests.mutants.mutant import LAB, Faults

_R = "tests/engine/regularizers"
_S = "tests/engine/stack"

FAULTS: Faults = {
    # Regularizers ----------------------------------------------------------------------------------------------------
    ("engine/regularizers/dropout.py", f"{_R}/test_dropout.py"): [
        ("1 / (1 - p_SA11)", "1 / (1 + p_SA11)"),
        ("((p_SA11 * 65536).round() - 32768)", "((p_SA11 * 65535).round() - 32767)"),
        ("torch.ge(bits_SBH", "torch.gt(bits_SBH"),
        ("if inverted else share_SABH", "if not inverted else share_SABH"),
        ("h_LBH.mul_(1 - p_L", "h_LBH.mul_(1 + p_L"),
    ],
    ("engine/regularizers/gaussian_dropout.py", f"{_R}/test_gaussian_dropout.py"): [
        ("(p_L / (1 - p_L)).sqrt()", "(p_L / (1 - p_L))"),
        ("std_SA11).add_(1)", "std_SA11).neg_().add_(1)"),
    ],
    ("engine/regularizers/l1.py", f"{_R}/test_penalties.py"): [("W_LP.sign()", "W_LP.abs()")],
    ("engine/regularizers/l2.py", f"{_R}/test_penalties.py"): [("return 0.5 * l2_L", "return l2_L")],
    ("engine/regularizers/max_norm.py", f"{_R}/test_max_norm.py"): [
        (".clamp(max=1.0)", ".clamp(min=1.0)"),
        ("w_LIO.norm(dim=1, keepdim=True)", "w_LIO.norm(dim=2, keepdim=True).mean(dim=1, keepdim=True)"),
    ],
    ("engine/regularizers/label_smoothing.py", f"{_R}/test_label_smoothing.py"): [
        ("return (1 - e_L) * nll_L +", "return nll_L +"),
    ],
    ("engine/regularizers/gradient_clipping.py", f"{_R}/test_gradient_clipping.py"): [
        (".clamp(max=1.0)", ""),
        ("torch.where(largest_L > 0,", "torch.where(largest_L >= 0,"),
    ],
    ("engine/regularizers/mixup.py", f"{_R}/test_mixup.py"): [
        ("exponent_L = u_L.log() / a_L", "exponent_L = u_L.log() / (2 * a_L)"),
        ("+ (1 - share_L11) * partner_LBI", "+ share_L11 * partner_LBI"),
    ],
    ("engine/regularizers/cutmix.py", f"{_R}/test_cutmix.py"): [
        ("0.5 * (1 - share_L).sqrt()", "0.5 * share_L.sqrt()"),
        ("(at_X < centre_L1 + half_L1)", "(at_X <= centre_L1 + half_L1)"),
        ("left_L = 1 - (tall_L", "left_L = 0 + (tall_L"),
    ],
    ("engine/regularizers/cutout.py", f"{_R}/test_cutout.py"): [
        ("(away_LBX < first_L11 + n_L11)", "(away_LBX <= first_L11 + n_L11)"),
    ],
    ("engine/regularizers/sam.py", f"{_R}/test_sam.py"): [
        ("grad_LP * (rho_L1 / (norm_L1 + 1e-12))", "grad_LP * rho_L1")
    ],
    ("engine/regularizers/orthogonal.py", f"{_R}/test_orthogonal.py"): [
        ("c_L * 0.5 * sum_L", "c_L * sum_L"),
        ("(by_N_LIO - N_LIO * along_LI1)", "(by_N_LIO)"),
    ],
    ("engine/regularizers/activity.py", f"{_R}/test_activity.py"): [
        ("strength_L * sum_L / examples", "strength_L * sum_L")
    ],
    ("engine/regularizers/weight_average.py", f"{_R}/test_weight_average.py"): [
        ("updates_L > 1, 1 - decay_L", "updates_L > 0, 1 - decay_L"),
        ("1 / updates_L.clamp(min=1)", "1 / updates_L.clamp(min=2)"),
    ],
    ("engine/regularizers/weight_decay.py", f"{_R}/test_penalties.py"): [
        ("1 - lr_L * weight_decay_L", "1 - weight_decay_L")
    ],
    ("engine/regularizers/input_noise.py", f"{_R}/test_input_noise.py"): [
        ("noise_SBI.unsqueeze(1) * s_L", "noise_SBI.unsqueeze(1) * s_L.square()")
    ],
    ("engine/regularizers/weight_noise.py", f"{_R}/test_weight_noise.py"): [
        ("s_L.view(seeds, -1, 1)", "s_L.square().view(seeds, -1, 1)")
    ],
    # Network and step ------------------------------------------------------------------------------------------------
    ("engine/stack/modules/noise.py", f"{_R}/test_dropout.py {_R}/test_noise_places.py"): [
        (
            'if not forward.training or not forward.settings.any("regularization.gaussian_dropout")',
            'if not forward.settings.any("regularization.gaussian_dropout")',
        ),
    ],
    (
        "engine/stack/modules/noise.py",
        "tests/engine/test_looks.py::test_activations_are_looked_at_as_they_are_before_the_units_are_dropped_or_scaled",
    ): [
        ("h if forward.taps is None else h.clone()", "h"),
    ],
    ("engine/stack/dense_gradient.py", f"{_S}/test_dense_gradient.py"): [
        ('self._parts.activation == "relu" and gaussian is None', "True"),
        ("max(on) + 1", "max(on)"),
        ("(g_LBO)[:, drops.arms].mul_(self._share_SABO)", "(g_LBO)[:, drops.arms].mul_(1)"),
        ("(g_LBO)[:, drops.noisy_arms].mul_(self._noise_SABO)", "(g_LBO)[:, drops.noisy_arms].mul_(1)"),
        ("return batch > 1 or not self._network.layout.statistics", "return True"),
    ],
    ("engine/stack/modules/norm.py", f"{_S}/test_norm.py"): [
        ("_scalar(1 / (rows - 1), *kind)", "_scalar(1 / rows, *kind)"),
        ("if not forward.training or h_LRC.shape[1] == 1:", "if h_LRC.shape[1] == 1:"),
        ("        if forward.moves_statistics:", "        if True:"),
        ("shift_LC.unsqueeze(1) - mean_L1C * scale_L1C", "shift_LC.unsqueeze(1) + mean_L1C * scale_L1C"),
    ],
    ("engine/stack/init.py", f"{_S}/test_init.py"): [
        ("slot.of(theta_LP).fill_(1.0)", "slot.of(theta_LP).fill_(0.0)"),
        ("math.sqrt(2 / slot.fan_in)", "math.sqrt(1 / slot.fan_in)"),
        ("slot.fan_in + slot.fan_out", "slot.fan_in * 2"),
        ("(2 * numbers - 1) * math.sqrt(3)", "(2 * numbers - 1)"),
        ("q = q * r.diagonal().sign()", "q = q * 1.0"),
    ],
    ("engine/stack/objective.py", f"{_S}/test_objective.py"): [
        ("y_LB * (1 - e_L1) + e_L1 / 2", "y_LB * (1 - e_L1) + e_L1"),
        ("0.5 * (outputs_LBC - y_LB1).square()", "(outputs_LBC - y_LB1).square()"),
        ("torch.full_like(loss_LN, torch.nan)", "torch.full_like(loss_LN, 0.0)"),
        ("(outputs_LN > 0) == (y_LN > 0)", "(outputs_LN > 0.5) == (y_LN > 0)"),
    ],
    ("engine/stack/objective.py", f"{_R}/test_mixup.py {_S}/test_input_transforms.py"): [
        ("+ (1 - targets.share_L) * other_L", "+ targets.share_L * other_L"),
        ("torch.where(targets.share_L < 1, mixed_L, loss_L)", "mixed_L"),
    ],
    ("engine/stack/penalties.py", f"{_R}/test_layer_penalties.py"): [
        ("slice(layout.weights, layout.weights + layout.biases)", "slice(0, layout.weights + layout.biases)"),
        ("sorted(set(layers))", "sorted(layers)[:1]"),
    ],
    ("engine/stack/penalties.py", f"{_R}/test_activity.py"): [
        ("frozenset(hidden[number - 1] for number in chosen)", "frozenset(hidden[number - 2] for number in chosen)"),
    ],
    ("engine/stack/averages.py", f"{_R}/test_weight_average.py"): [
        ("if place != self._place + 1:", "if False:"),
        ("theta_LP, share_L * self._moves_L", "theta_LP, share_L"),
        ("(start_L > 0) & (start_L <= epoch)", "(start_L > 0) & (start_L < epoch)"),
    ],
    ("engine/stack/schedule.py", f"{_S}/test_schedule.py {_S}/test_schedule_in_training.py"): [
        ("if wait < schedule.patience:", "if wait <= schedule.patience:"),
        ("wait=0, cooldown=schedule.cooldown, scale", "wait=0, cooldown=0, scale"),
        ("val_loss < plateau.best - schedule.min_delta", "val_loss < plateau.best"),
        ("lr_factor(schedule, step - 1, total) for schedule", "lr_factor(schedule, step, total) for schedule"),
        ("schedule.pct_start * length - 1, length - 1", "schedule.pct_start * length, length - 1"),
        ("lowest = low / schedule.final_div_factor", "lowest = low"),
    ],
    ("engine/stack/trainer.py", LAB): [
        ("self.theta_LP[lane] = self.best_LP[lane]", "pass"),
    ],
    ("engine/stack/trainer.py", f"{_R}/test_weight_average.py"): [("self._averages.freeze(lane)", "pass")],
    ("engine/stack/trainer.py", f"{_S}/test_norm.py"): [
        ("self.theta_LP[:, : self.layout.weights], lr_L", "self.theta_LP, lr_L")
    ],
    ("engine/stack/trainer.py", f"{_R}/test_sam.py"): [
        ("torch.where(rho_L.unsqueeze(1) > 0, self.grad_LP, plain_LP, out=self.grad_LP)", "pass"),
        ("moves_statistics=up_LP is None", "moves_statistics=True"),
    ],
    ("engine/stack/trainer.py", f"{_R}/test_gradient_clipping.py {_R}/test_penalties.py"): [
        ("self.grad_LP.norm(dim=1) if unclipped_L is None else unclipped_L.clone()", "self.grad_LP.norm(dim=1)"),
    ],
    ("engine/stack/input_transforms.py", f"{_S}/test_input_transforms.py"): [
        ("1 + zoom_KB2[..., 0].flatten()", "1 + 2 * zoom_KB2[..., 0].flatten()"),
        ("u_KB < self._of(key, on_K)", "u_KB > self._of(key, on_K)"),
        ("share_K = torch.where(boxed_K, left_K, share_K)", "share_K = share_K + 0"),
        ("(2 * u_KB2 - 1) * self._of", "u_KB2 * self._of"),
    ],
    # Data ------------------------------------------------------------------------------------------------------------
    ("engine/data/split.py", "tests/engine/data/test_split.py"): [
        ("rest // 2 if test is None else test", "rest // 3 if test is None else test"),
        ("start = until if official is None else 0", "start = until"),
        ("parts = np.argsort(-owed_P", "parts = np.argsort(owed_P"),
        (
            "return [rng.permutation(np.concatenate(part)) for part in chosen]",
            "return [np.concatenate(part) for part in chosen]",
        ),
    ],
    ("engine/data/scale.py", "tests/engine/data/test_scale.py"): [
        (
            "Scaling(np.zeros(features), np.full(features, top))",
            "Scaling(np.zeros(features), np.full(features, top + 1))",
        ),
        ("rows_BI -= scaling.shift_I", "rows_BI += scaling.shift_I"),
        ("(high_I - low_I > 1e-12 * size_I)", "(high_I - low_I > -1)"),
    ],
}
