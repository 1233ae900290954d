"""The pair of Saitoh 2016 as commonly written: nn.Sequential, torch.optim.SGD, a DataLoader, one arm after the other.

It does what the stacked engine does and measures it as honestly: after every epoch train and validation loss and
accuracy in evaluation mode, all on the same data, batch size and number of epochs. As in PyTorch's quickstart, all
loaders share one batch size; `evaluation_batch` sets another one for the two that only measure.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class UnscaledDropout(nn.Module):
    """Dropout without scaling in training, times 1 - p in evaluation."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, h: Tensor) -> Tensor:
        return h * (torch.rand_like(h) >= self.p) if self.training else h * (1 - self.p)


def network(features: int, hidden: list[int], classes: int, p: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip([features, *hidden], hidden, strict=False):
        linear = nn.Linear(inputs, outputs)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
        if p:
            layers.append(UnscaledDropout(p))
    return nn.Sequential(*layers, nn.Linear(hidden[-1], classes))


@torch.no_grad()
def measured(model: nn.Module, loader: DataLoader[tuple[Tensor, ...]]) -> tuple[float, float]:
    """Mean loss and accuracy over a loader."""
    model.eval()
    loss = right = count = 0.0
    for x, y in loader:
        logits = model(x)
        loss += nn.functional.cross_entropy(logits, y, reduction="sum").item()
        right += (logits.argmax(dim=1) == y).sum().item()
        count += len(y)
    return loss / count, right / count


def train(
    train_x: Tensor,
    train_y: Tensor,
    val_x: Tensor,
    val_y: Tensor,
    hidden: list[int],
    p: float,
    epochs: int,
    evaluation_batch: int = 100,
) -> list[tuple[float, float]]:
    """Train one arm for `epochs`; (train loss, validation loss) of every epoch."""
    torch.manual_seed(0)
    data = TensorDataset(train_x, train_y)
    batches = DataLoader(data, batch_size=100, shuffle=True)
    of_train = DataLoader(data, batch_size=evaluation_batch)
    of_val = DataLoader(TensorDataset(val_x, val_y), batch_size=evaluation_batch)
    model = network(train_x.shape[1], hidden, int(train_y.max()) + 1, p)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    curve = []
    for _ in range(epochs):
        model.train()
        for x, y in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        curve.append((measured(model, of_train)[0], measured(model, of_val)[0]))
    return curve


class ResidentLane:
    """One lane in a plain loop that is as quick as it gets without stacking: data in memory as tensors, no DataLoader.

    Each epoch indexes shuffled batches and then measures training and validation data, each in one pass.
    """

    def __init__(
        self, train: tuple[Tensor, Tensor], val: tuple[Tensor, Tensor], hidden: list[int], p: float, batch: int
    ) -> None:
        self._train, self._val, self._batch = train, val, batch
        self._model = network(train[0].shape[1], hidden, int(train[1].max()) + 1, p)
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=0.01)

    def epoch(self) -> tuple[float, float, float, float]:
        """Train for an epoch; loss and accuracy on the training data, then on the validation data."""
        x, y = self._train
        self._model.train()
        for rows in torch.randperm(len(x)).split(self._batch):
            self._optimizer.zero_grad()
            nn.functional.cross_entropy(self._model(x[rows]), y[rows]).backward()
            self._optimizer.step()
        self._model.eval()
        return *self._measured(*self._train), *self._measured(*self._val)

    @torch.no_grad()
    def _measured(self, x: Tensor, y: Tensor) -> tuple[float, float]:
        logits = self._model(x)
        loss = nn.functional.cross_entropy(logits, y)
        return loss.item(), (logits.argmax(dim=1) == y).float().mean().item()
