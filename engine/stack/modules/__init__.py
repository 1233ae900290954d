"""What networks are made of. Each module works on all lanes at once.

h is [L, B, features], or [L, B, H, W, C] where it is images: channels last, so that "the last axis is the unit or
channel, everything between it and L is examples" holds for dense and convolutional layers alike.
"""

from engine.stack.modules.conv import AsImages, Conv, Flatten, GlobalPool, Pool
from engine.stack.modules.dense import Dense, Theta
from engine.stack.modules.module import ACTIVATIONS, Activate, Module
from engine.stack.modules.noise import ON_ACTIVATIONS, Drop, GaussianDrop, Place, on_activations
from engine.stack.modules.norm import DenseNorm, Kept, norms
from engine.stack.modules.residual import Residual

__all__ = [
    "ACTIVATIONS",
    "ON_ACTIVATIONS",
    "Activate",
    "AsImages",
    "Conv",
    "Dense",
    "DenseNorm",
    "Drop",
    "Flatten",
    "GaussianDrop",
    "GlobalPool",
    "Kept",
    "Module",
    "Place",
    "Pool",
    "Residual",
    "Theta",
    "norms",
    "on_activations",
]
