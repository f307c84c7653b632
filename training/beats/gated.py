# SPDX-License-Identifier: Apache-2.0
"""Layers of gated units by gated.c, where a C compiler and OpenBLAS are there; else by PyTorch, more slowly."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

SOURCE = Path(__file__).with_suffix(".c")


@cache
def library() -> ctypes.CDLL | None:
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "gated.so"
        command = ["cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", str(SOURCE), "-o", str(built)]
        found = subprocess.run([*command, "-lopenblas", "-lm"], capture_output=True, check=False)
        if found.returncode:
            print("no OpenBLAS to compile against: training takes longer (apt-get install libopenblas-dev)")
            return None
        return ctypes.CDLL(str(built))


def addresses(*tensors: Tensor) -> list[ctypes.c_void_p]:
    return [ctypes.c_void_p(one.data_ptr()) for one in tensors]


class Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(context, given: Tensor, weights: Tensor, bias: Tensor) -> Tensor:  # noqa: ANN001
        time, batch, wide = given.shape
        size = wide // 3
        given, weights = given.contiguous(), weights.contiguous()
        state = torch.zeros(time + 1, batch, size)
        kept, scratch = torch.empty(time, batch, 4 * size), torch.empty(batch, wide)
        library().gated_forward(time, batch, size, *addresses(given, weights, bias, state, kept, scratch))
        context.save_for_backward(weights, state, kept)
        return state[1:]

    @staticmethod
    def backward(context, d_out: Tensor):  # noqa: ANN001, ANN205
        weights, state, kept = context.saved_tensors
        time, batch, size = d_out.shape
        d_out = d_out.contiguous()
        d_given, d_inner = torch.empty(time, batch, 3 * size), torch.empty(time, batch, 3 * size)
        carry = torch.empty(batch, size)
        tensors = addresses(d_out, weights, state, kept, d_given, d_inner, carry)
        library().gated_backward(time, batch, size, *tensors)
        d_weights = d_inner.reshape(-1, 3 * size).t() @ state[:-1].reshape(-1, size)
        return d_given, d_weights, d_inner.sum(dim=(0, 1))


def remembered(layers: nn.GRU, x: Tensor) -> Tensor:
    """What layers(x)[0] is, for batch-first layers that begin with nothing in memory."""
    if not torch.is_grad_enabled() or torch.jit.is_tracing() or library() is None:
        return layers(x)[0]
    x = x.transpose(0, 1)
    for layer in range(layers.num_layers):
        ways = []
        for way in ("", "_reverse") if layers.bidirectional else ("",):
            w_in, w_back, b_in, b_back = (getattr(layers, f"{name}_l{layer}{way}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))  # fmt: skip
            given = nn.functional.linear(x.flip(0) if way else x, w_in, b_in)
            out = Recurrence.apply(given, w_back, b_back)
            ways.append(out.flip(0) if way else out)
        x = torch.cat(ways, dim=2) if len(ways) > 1 else ways[0]
    return x.transpose(0, 1)
