"""PyTorch, eager or compiled: a plain loop over batches, as its tutorials write it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.work import Work

_DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class _Last(nn.Module):
    """An LSTM that gives its last output."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.lstm(x)[1][0][0]


class _Sequence(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Any) -> list[Any]:
        return [self.layers(x)]


class _Images(_Sequence):
    def forward(self, x: Any) -> list[Any]:
        # Channels come last in the data; strided so, no copy is made.
        return super().forward(x.permute(0, 3, 1, 2))


class _QuestionAnswering(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.text = nn.Sequential(nn.Embedding(10_000, 64), _Last(64, 32))
        self.question = nn.Sequential(nn.Embedding(10_000, 32), _Last(32, 16))
        self.answer = nn.Linear(48, 500)

    def forward(self, text: Any, question: Any) -> list[Any]:
        return [self.answer(torch.cat([self.text(text), self.question(question)], -1))]


class _Posts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50_000, 256)
        convolved = [nn.Conv1d(256, 128, 5), nn.ReLU(), nn.MaxPool1d(5), nn.Conv1d(128, 256, 5), nn.ReLU()]
        self.convolved = nn.Sequential(*convolved, nn.Conv1d(256, 256, 5), nn.ReLU(), nn.MaxPool1d(5))
        self.dense = nn.Linear(256, 128)
        self.heads = nn.ModuleList([nn.Linear(128, 1), nn.Linear(128, 10), nn.Linear(128, 1)])

    def forward(self, posts: Any) -> list[Any]:
        x = self.convolved(self.embedding(posts).transpose(1, 2)).amax(-1)
        x = F.relu(self.dense(x))
        return [head(x) for head in self.heads]


class _Block(nn.Module):
    def __init__(self, channels: int, filters: int, strides: int) -> None:
        super().__init__()
        first = [nn.Conv2d(channels, filters, 3, strides, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        self.inner = nn.Sequential(*first, nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters))
        short = [nn.Conv2d(channels, filters, 1, strides, bias=False), nn.BatchNorm2d(filters)]
        self.short = nn.Sequential(*short) if strides > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        return F.relu(self.short(x) + self.inner(x))


class _Bottleneck(nn.Module):
    def __init__(self, channels: int, filters: int, strides: int) -> None:
        super().__init__()
        wide = 4 * filters
        parts = [(channels, filters, 1, 1), (filters, filters, 3, strides), (filters, wide, 1, 1)]
        layers: list[nn.Module] = []
        for before, after, size, moved in parts:
            layers += [nn.Conv2d(before, after, size, moved, size // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.inner = nn.Sequential(*layers[:-1])
        short = [nn.Conv2d(channels, wide, 1, strides, bias=False), nn.BatchNorm2d(wide)]
        self.short = nn.Sequential(*short) if channels != wide else nn.Identity()

    def forward(self, x: Any) -> Any:
        return F.relu(self.short(x) + self.inner(x))


class _Encoder(nn.Module):
    def __init__(self, words: int, features: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, features)
        block = [
            nn.TransformerEncoderLayer(features, heads, 4 * features, 0.0, batch_first=True) for _ in range(blocks)
        ]
        self.blocks = nn.Sequential(*block)
        self.kinds = nn.Linear(features, 10)

    def forward(self, words: Any) -> list[Any]:
        return [self.kinds(self.blocks(self.embedding(words)).mean(1))]


class _Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5_000, 64)
        self.lstm = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
        self.tags = nn.Linear(128, 20)

    def forward(self, words: Any) -> list[Any]:
        return [self.tags(self.lstm(self.embedding(words))[0])]


class _Tabular(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.columns = nn.ModuleList([nn.Linear(16, 32) for _ in range(10)])
        self.dense = nn.Sequential(nn.Linear(320, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(512, 1), nn.Linear(512, 1), nn.Linear(512, 5)])

    def forward(self, *columns: Any) -> list[Any]:
        read = [F.relu(layer(column)) for layer, column in zip(self.columns, columns, strict=True)]
        x = self.dense(torch.cat(read, -1))
        return [head(x) for head in self.heads]


def _resnet() -> nn.Module:
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [_Block(16, 16, 1), _Block(16, 32, 2), _Block(32, 64, 2)]
    return _Images(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def _resnet_50() -> nn.Module:
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels, blocks = 64, []
    for filters, count, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(count):
            blocks.append(_Bottleneck(channels, filters, first if block == 0 else 1))
            channels = 4 * filters
    return _Images(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


_MODELS: dict[str, Any] = {
    "ex1": lambda: _Sequence(nn.Linear(2, 2)),
    "ex2": lambda: _Sequence(_Last(1, 10), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 1)),
    "ex3": lambda: _Images(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(175_232, 512), nn.ReLU(),
        nn.Linear(512, 1),
    ),
    "ex4": _QuestionAnswering,
    "ex5": _Posts,
    "resnet": _resnet,
    "tagger": _Tagger,
    "tabular": _Tabular,
    "transformer": lambda: _Encoder(5_000, 128, blocks=2, heads=4),
    "transformer-12": lambda: _Encoder(30_000, 768, blocks=12, heads=12),
    "resnet-50": _resnet_50,
}  # fmt: skip

# On what the last layer gives, before softmax or sigmoid: that is how PyTorch's users write it, and cheaper.
_LOSSES: dict[str, Any] = {
    "mse": F.mse_loss,
    "binary_crossentropy": F.binary_cross_entropy_with_logits,
    "sparse_categorical_crossentropy": lambda p, y: F.cross_entropy(p.flatten(0, -2), y.flatten().long()),
}
_PROBABILITIES: dict[str, Any] = {
    "mse": lambda p: p,
    "binary_crossentropy": torch.sigmoid,
    "sparse_categorical_crossentropy": lambda p: torch.softmax(p, -1),
}


class Subject:
    """A model with its optimizer, trained by a loop."""

    def __init__(self, name: str, work_name: str, work: Work) -> None:
        self.work, self.compiled = work, name == "torch-compile"
        self.model = _MODELS[work_name]().to(_DEVICE)
        if work_name in ("ex3", "resnet", "resnet-50"):
            self.model = self.model.to(memory_format=torch.channels_last)

    def compile(self) -> None:
        """Makes the optimizer, and the compiled functions if these are wanted."""
        self.optimizer = torch.optim.RMSprop(self.model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
        self.forward = torch.compile(self.model) if self.compiled else self.model

    def train(self, x: list[Any], y: list[Any], epochs: int = 1) -> None:
        """Trains on all of the data, in a new order each epoch."""
        inputs, targets = self._placed(x), self._placed(y)
        factors = self.work.loss_weights or [1.0]
        self.model.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(inputs[0]), device=_DEVICE).split(self.work.batch):
                with self._precision():
                    outputs = self.forward(*(one[rows] for one in inputs))
                    losses = zip(outputs, targets, self.work.losses, factors, strict=True)
                    loss = sum(factor * _LOSSES[name](p, t[rows]) for p, t, name, factor in losses)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
        if _DEVICE == "cuda":
            torch.cuda.synchronize()

    @torch.inference_mode()
    def predict(self, x: list[Any]) -> Any:
        """Predicts all of the data, to NumPy."""
        self.model.eval()
        parts = zip(*(one.split(self.work.batch) for one in self._placed(x)), strict=True)
        pieces = [self._probabilities(self._forward(*part)) for part in parts]
        return [np.concatenate(piece) for piece in zip(*pieces, strict=True)]

    @torch.inference_mode()
    def call(self, x: list[Any]) -> Any:
        """Calls the model on arrays, to NumPy."""
        self.model.eval()
        return self._probabilities(self._forward(*self._placed(x)))

    def _forward(self, *inputs: Any) -> Any:
        with self._precision():
            return self.forward(*inputs)

    def _precision(self) -> Any:
        return torch.autocast(_DEVICE, torch.bfloat16) if self.work.half else contextlib.nullcontext()

    @staticmethod
    def _placed(arrays: list[Any]) -> list[Any]:
        return [torch.from_numpy(one).to(_DEVICE) for one in arrays]

    def _probabilities(self, outputs: list[Any]) -> list[Any]:
        named = zip(outputs, self.work.losses, strict=True)
        return [_PROBABILITIES[name](output.float()).cpu().numpy() for output, name in named]

    def summary(self) -> None:
        """Prints the model to nowhere."""
        str(self.model)

    def count(self) -> int:
        """Returns the number of scalars in the weights."""
        return sum(weight.numel() for weight in self.model.parameters())
