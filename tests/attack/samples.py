"""What the attacks start from where it is to be quick."""

SMALL = """\
title = "Two moons"
summary = "Small and quick."
lesson = "Look at the gap."
speed = 20
[data]
source = "moons"
samples = 120
[model]
hidden = [8]
[training]
epochs = 100000
lr = 0.1
seeds = [0, 1]
[[arm]]
name = "plain"
[[arm]]
name = "dropped"
regularization.dropout = 0.2
"""
