"""One run of a network over a batch, forward and back, by threads that each take some chunks of its rows.

The mathematics is `Network`'s. Chunks depend on the shape of the batch only, and what has been seen of them is put
together in order: results are the same to the last bit however many threads there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from math import isnan, nan, prod, sqrt
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray, Workspace
from initviz.measure.histograms import histogram
from initviz.measure.propagation import Gradient, Histogram, Layer, Propagation, Signal, Weights
from initviz.measure.rounding import drop_rounding, largest
from initviz.measure.statistics import (
    Moments,
    RunningStatistics,
    Seen,
    distinct_columns,
    flush,
    gradient,
    merge,
    row_blocks,
    signal,
)
from initviz.measure.threads import Worker, own_threads, row_chunks, run_team, threads
from initviz.network.network import Dense, Network
from initviz.network.spec import NetworkSpec
from initviz.progress import Progress

BINS = 60

Prepare: TypeAlias = Callable[[int, FloatArray], None]
"""(layer 1..depth, h that enters it): called once, by one thread, before the layer runs."""


class Memory:
    """All the memory of a simulation: z of every layer stays for the backward pass (and h, where it is a sum and cannot
    be computed again from z), the rest is reused."""

    def __init__(self, spec: NetworkSpec, samples: int, weights: bool) -> None:
        layers = spec.layers
        shapes = [layer.weight_shape for layer in layers]
        widest = max(spec.features, *(units for _, units in shapes))
        self._sizes = [
            shapes if weights else [],
            [(samples, units) for _, units in shapes],
            [(samples, layer.width) for layer in layers if layer.skip],
            [(samples, widest)] * 4,
            [max(shapes, key=prod)],
        ]
        wanted = [shape for group in self._sizes for shape in group]
        size = np.dtype(spec.dtype).itemsize
        self.workspace = Workspace(sum(prod(shape) * size + 64 for shape in wanted))
        arrays = iter([self.workspace.cut(shape, spec.dtype) for shape in wanted])
        self.weights, self.z, kept, self._spare, (self._grad_w,) = (
            list(islice(arrays, len(group))) for group in self._sizes
        )
        self.h = dict(zip((number for number, layer in enumerate(layers, 1) if layer.skip), kept, strict=True))
        """Of layers (1..depth) with a skip connection."""

    def spare(self, which: int, shape: tuple[int, ...]) -> FloatArray:
        """One of four arrays for what only lives for a layer or two."""
        return self._spare[which].reshape(-1)[: prod(shape)].reshape(shape)

    def grad_w(self, shape: tuple[int, ...]) -> FloatArray:
        """dL/dW of the present layer."""
        return self._grad_w.reshape(-1)[: prod(shape)].reshape(shape)


@dataclass(frozen=True)
class _Kept:
    """What the backward pass needs of one layer, and what only the forward pass can tell."""

    z: FloatArray
    """What entered the activation."""
    normalized: FloatArray
    inverse_std: FloatArray | None
    flushed: list[bool]
    """For each of this thread's chunks, whether negligible values of h were set to 0."""
    lost: bool
    """Whether there is a nan in z: no slope is known there."""
    saturated: float
    zero: float
    dead: float
    one_sign: float
    """Share of samples whose input to this layer has one sign."""


class Run:
    """What all threads share: the network, its memory, and what has been measured."""

    def __init__(self, network: Network, samples: int, memory: Memory, progress: Progress | None) -> None:
        self.network = network
        self.samples = samples
        self.memory = memory
        self.progress = progress or (lambda share: None)
        self.batch = np.empty((0, 0), network.spec.dtype)
        width = network.spec.layers[-1].width
        self.grad_out = memory.spare(2, (samples, width))
        """dL/dh of the last layer."""
        self.rescaled = {
            number: np.empty_like(z)
            for number, (layer, z) in enumerate(zip(network.layers, memory.z, strict=True), 1)
            if layer.rescales
        }
        """z of layers (1..depth) that scale and shift what is normalized."""
        self.chunks = row_chunks(samples, max(layer.width for layer in network.spec.layers))
        self.signals: dict[tuple[str, int], Signal] = {}
        self.cosines: dict[int, float] = {}
        self.gradients: dict[tuple[str, int], Gradient] = {}
        self.weights: dict[int, tuple[Moments, Histogram]] = {}
        self.unique: dict[int, int] = {}

    def result(
        self, draws: Sequence[Callable[[], None]], prepare: Prepare | None = None, size: int | None = None
    ) -> Propagation:
        """Do the draws, each by whichever thread is free, then go forward and back; in at most `size` threads.

        They, or `prepare`, must call `measure_weights` for every layer.
        """
        size = min(size or threads(), len(self.chunks))
        with own_threads(), np.errstate(all="ignore"):
            kept = run_team(lambda worker: _Rows(self, worker, prepare).run(draws), size)
            layers = [Layer(0, self.signals["h", 0], self.cosines[0], self.gradients["h", 0])]
            layers += [self._layer(number, each) for number, each in enumerate(kept, 1)]
        self.memory.workspace.release()
        return Propagation(tuple(layers), samples=self.samples, features=self.network.spec.features)

    def _layer(self, number: int, kept: _Kept) -> Layer:
        return Layer(
            number,
            h=self.signals["h", number],
            cosine=self.cosines[number],
            grad_h=self.gradients["h", number],
            z=self.signals["z", number],
            grad_z=self.gradients["z", number],
            weights=self._weights(number, kept.one_sign),
            saturated=kept.saturated,
            zero=kept.zero,
            dead=kept.dead,
        )

    def _weights(self, number: int, one_sign: float) -> Weights:
        (moments, histogram), gradient = self.weights[number], self.gradients["w", number]
        dense = self.network.layers[number - 1]
        return Weights(
            fan_in=dense.spec.fan_in,
            mean=moments.mean,
            std=moments.std,
            histogram=histogram,
            gradient=gradient,
            norm=gradient.rms * sqrt(dense.weights.size),
            ratio=gradient.std / moments.std if moments.std else nan,
            unique_columns=self.unique[number],
            same_sign=one_sign,
        )

    # --- measuring: any thread, once all have seen their rows ---

    def measure_z(self, number: int, seen: Seen) -> None:
        self.signals["z", number] = signal(seen)

    def measure_h(self, number: int, seen: Seen) -> None:
        self.signals["h", number] = signal(seen)
        self.cosines[number] = seen.mean_cosine

    def measure_gradient(self, name: str, number: int, seen: Seen) -> None:
        self.gradients[name, number] = gradient(seen, BINS)

    def measure_columns(self, number: int, grad_w: FloatArray) -> None:
        self.unique[number] = distinct_columns(grad_w)

    # --- measuring: any thread, before the batch goes forward ---

    def measure_weights(self, number: int) -> None:
        weights = self.network.layers[number - 1].weights
        seen = merge(weights, [_seen_rows(weights, rows) for rows in row_chunks(*weights.shape)])
        moments = seen.moments
        self.weights[number] = moments, histogram(seen.sample, moments.low, moments.high, BINS)


class _Rows:
    """One thread's chunks of the batch on their way through the network and back: values are computed and counted while
    they are in the processor's cache. Once or twice a layer the threads meet."""

    def __init__(self, run: Run, worker: Worker, prepare: Prepare | None) -> None:
        self.whole = run
        self.memory = run.memory
        self.layers = run.network.layers
        self.worker = worker
        self.prepare = prepare
        self.chunks = [run.chunks[place] for place in worker.neighbours(run.chunks)]
        self.kept: list[_Kept] = []
        self.one_signed = 0
        """Samples whose h, as it enters the next layer, has one sign."""

    def run(self, draws: Sequence[Callable[[], None]]) -> list[_Kept]:
        """Everything; what is measured goes to the run."""
        self._draw(draws)
        self._forward()
        self._backward()
        return self.kept

    def _report(self, share: float) -> None:
        if self.worker.rank == 0:
            self.whole.progress(share)

    def _draw(self, draws: Sequence[Callable[[], None]]) -> None:
        for done, draw in self.worker.gather(enumerate(draws, 1))[0]:  # whoever is free takes the next
            draw()
            self._report(done / len(draws) / 4)
        self.worker.gather(None)

    def _merged(self, *arrays: tuple[FloatArray, list[RunningStatistics]]) -> list[Seen]:
        """What all threads have seen of some arrays."""
        threads = self.worker.gather([parts for _, parts in arrays])
        seen = zip(*threads, strict=True)
        return [merge(x, [*chain(*parts)]) for (x, _), parts in zip(arrays, seen, strict=True)]

    # --- forward ---

    def _forward(self) -> None:
        """Fill `kept`."""
        h, depth = self.whole.batch, len(self.layers)
        (seen,) = self._merged((h, [_seen_rows(h, rows, cosine=True) for rows in self.chunks]))
        self.one_signed = seen.one_sign
        if self.worker.rank == 0:
            self.whole.measure_h(0, seen)
        for number in range(1, depth + 1):
            h = self._forward_layer(number, h)
            self._report((depth + number) / (4 * depth))

    def _forward_layer(self, number: int, before: FloatArray) -> FloatArray:
        """h of the layer; what is to be kept of it joins `kept`."""
        layer, normalized = self.layers[number - 1], self.memory.z[number - 1]
        if prepare := self.prepare:
            self.worker.once(lambda: prepare(number, before))
        for rows in self.chunks:
            layer.affine(before[rows], normalized[rows])
        inverse_std = None
        if layer.spec.normalization.axis is not None:
            inverse_std = self.worker.once(lambda: layer.normalize(normalized))
        z = self.whole.rescaled.get(number, normalized)
        phi = self.memory.spare(number % 2, (len(z), layer.spec.width))
        h = self.memory.h.get(number, phi)
        parts = [self._activate(layer, rows, before, normalized, z, phi, h) for rows in self.chunks]
        of_z, of_h, of_phi, flushed = (list(each) for each in zip(*parts, strict=True))
        seen_z, seen_h, seen_phi = self._merged((z, of_z), (h, of_h), (phi, of_phi))
        self.kept.append(
            _Kept(
                z,
                normalized,
                inverse_std,
                flushed,
                lost=isnan(seen_z.low),
                saturated=seen_phi.share(seen_phi.saturated),
                zero=seen_phi.share(seen_phi.zeros),
                dead=1 - float(np.mean(seen_phi.live)),
                one_sign=self.one_signed / len(before),
            )
        )
        self.one_signed = seen_h.one_sign
        for measure, seen in self.worker.share([(self.whole.measure_z, seen_z), (self.whole.measure_h, seen_h)]):
            measure(number, seen)
        return h

    def _activate(
        self,
        layer: Dense,
        rows: slice,
        before: FloatArray,
        normalized: FloatArray,
        z: FloatArray,
        phi: FloatArray,
        h: FloatArray,
    ) -> tuple[RunningStatistics, RunningStatistics, RunningStatistics, bool]:
        """Fill a chunk of z, phi(z) and h (the same array as phi without a skip connection), and see all three; whether
        negligible values of h were set to 0."""
        of_z, of_h = RunningStatistics(z, rows), RunningStatistics(h, rows, cosine=True)
        of_phi = of_h if h is phi else RunningStatistics(phi, rows)
        of_phi.watch(*layer.spec.activation.saturation(layer.alpha))
        for block in row_blocks(rows, z.shape[1]):
            if layer.rescales:
                layer.rescale(normalized[block], z[block])
            of_z.update(z[block])
            layer.activate(z[block], phi[block])
            if h is not phi:
                of_phi.update(phi[block])
                layer.add_skip(before[block], phi[block], h[block])
            of_h.update(h[block])
        negligible = of_h.negligible
        if negligible:
            flush(h[rows])
        return of_z, of_h, of_phi, negligible

    # --- backward ---

    def _backward(self) -> None:
        grad, depth = self.whole.grad_out, len(self.layers)
        self.worker.gather(None)  # the last h has been measured; its memory is needed now
        for number in range(depth, 0, -1):
            grad = self._backward_layer(number, grad)
            self._report(1 - (number - 1) / (2 * depth))
        (seen,) = self._merged((grad, [_seen_rows(grad, rows) for rows in self.chunks]))
        self.whole.measure_gradient("h", 0, seen)

    def _backward_layer(self, number: int, grad_out: FloatArray) -> FloatArray:
        """dL/dh of the layer before."""
        layer, kept = self.layers[number - 1], self.kept[number - 1]
        before = self._before(number)
        grad_z = self.memory.spare(0, kept.z.shape)
        grad_h = self.memory.spare(2 + (len(self.layers) - number + 1) % 2, before.shape)
        by_row = layer.spec.normalization.axis is None and not layer.rescales
        of_out, of_z = [], []
        for place, rows in enumerate(self.chunks):
            of_out.append(RunningStatistics(grad_out, rows))
            of_z.append(RunningStatistics(grad_z, rows))
            for block in row_blocks(rows, grad_z.shape[1]):
                of_out[-1].update(grad_out[block])
                _known_gradient(layer, kept, grad_out[block], block, grad_z[block])
                of_z[-1].update(grad_z[block])
                self._again(number - 1, place, block, before)
            if of_z[-1].negligible:
                flush(grad_z[rows])
            if by_row:
                self._input_gradient(number, grad_z[rows], of_z[-1].largest, grad_out[rows], grad_h[rows])
        seen_out, seen_z = self._merged((grad_out, of_out), (grad_z, of_z))
        for name, each in self.worker.share([("h", seen_out), ("z", seen_z)]):
            self.whole.measure_gradient(name, number, each)
        size = seen_z.largest
        if not by_row:
            self.worker.once(lambda: _before_normalization(layer, kept, grad_z))
            size = largest(grad_z)
            for rows in self.chunks:
                self._input_gradient(number, grad_z[rows], size, grad_out[rows], grad_h[rows])
        self._backward_weights(number, before, grad_z, size)
        return grad_h

    def _input_gradient(
        self, number: int, grad_z: FloatArray, size: float, grad_out: FloatArray, out: FloatArray
    ) -> None:
        """dL/dh of the layer before, 0 where the sums over units cancel; `size`: of grad_z."""
        layer, (weights, _) = self.layers[number - 1], self.whole.weights[number]
        layer.input_gradient(grad_z, grad_out, out)
        if not layer.spec.skip:  # beside the skip connection's gradient rounding is not seen
            drop_rounding(out, grad_z.shape[1], size * max(-weights.low, weights.high))

    def _before(self, number: int) -> FloatArray:
        """h that entered the layer: kept where it is a sum, else memory for `_again`."""
        if number == 1:
            return self.whole.batch
        before, z = self.layers[number - 2].spec, self.kept[number - 2].z
        return self.memory.h.get(number - 1, self.memory.spare(1, (len(z), before.width)))

    def _again(self, number: int, chunk: int, block: slice, h: FloatArray) -> None:
        """Compute rows of a layer's h once more, which is cheaper than to keep them."""
        if number == 0 or number in self.memory.h:
            return
        layer, kept = self.layers[number - 1], self.kept[number - 1]
        layer.activate(kept.z[block], h[block])
        if kept.flushed[chunk]:
            flush(h[block])

    def _backward_weights(self, number: int, before: FloatArray, grad_z: FloatArray, size: float) -> None:
        """Everything about dL/dW; each thread has its own rows. `size`: of grad_z."""
        layer, run, entered = self.layers[number - 1], self.whole, self.whole.signals["h", number - 1]
        grad_w = self.memory.grad_w(layer.weights.shape)
        chunks, parts = row_chunks(*grad_w.shape), []
        for rows in (chunks[place] for place in self.worker.neighbours(chunks)):
            layer.weight_gradient(before[:, rows], grad_z, grad_w[rows])
            drop_rounding(grad_w[rows], len(before), size * max(-entered.min, entered.max))
            parts.append(_seen_rows(grad_w, rows))
        (seen,) = self._merged((grad_w, parts))
        measures = [partial(run.measure_gradient, "w", number, seen), partial(run.measure_columns, number, grad_w)]
        for measure in self.worker.share(measures):
            measure()


def _seen_rows(x: FloatArray, rows: slice, cosine: bool = False) -> RunningStatistics:
    """Some rows of an array that is there already."""
    seen = RunningStatistics(x, rows, cosine=cosine)
    seen.update(x[rows])
    return seen


def _known_gradient(layer: Dense, kept: _Kept, grad_out: FloatArray, rows: slice, out: FloatArray) -> None:
    """dL/dz, nan where z is: relu' would make it 0 there, as if the unit slept."""
    layer.activation_gradient(kept.z[rows], grad_out, out)
    if kept.lost:
        np.copyto(out, nan, where=np.isnan(kept.z[rows]))


def _before_normalization(layer: Dense, kept: _Kept, grad_z: FloatArray) -> None:
    layer.rescale_gradient(kept.normalized, grad_z)
    layer.normalization_gradient(kept.normalized, kept.inverse_std, grad_z)
