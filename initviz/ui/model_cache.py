"""What the page of a model of one's own shows, by what is in the visitor's files. The files themselves are not kept."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.measure.precision import Precision, precision_at_start
from initviz.measure.spectra import Spectra, spectra_at_start
from initviz.model.audit import Row, audit
from initviz.model.batch import read_batch
from initviz.model.chain import ChainRun, chain_batch, chain_cost, chain_fix, hidden_layers, run_chain
from initviz.model.matrices import Orientation
from initviz.model.read import Limits, Tensor, read_model
from initviz.model.remedy import WeightsFix
from initviz.network.network import Network
from initviz.progress import Progress
from initviz.ui.cache import own_budget, prepare
from initviz.ui.waiting import answer, jobs

AUDIT_GFLOP, AUDIT_MIB = 1.0, 30.0
"""What the audit of a MiB of a file takes: the time of so many GFLOP, and memory where its numbers have a byte each."""


@dataclass(frozen=True)
class Own:
    """A visitor's files, and how they are to be read."""

    data: bytes
    name: str
    limits: Limits
    orientation: Orientation | None = None
    batch: bytes | None = None
    batch_name: str = ""

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What answers are known by."""
        files = (sha256(data).digest() for data in (self.data, self.batch or b""))
        return *files, self.name, self.limits, self.orientation

    def tensors(self) -> tuple[Tensor, ...]:
        return read_model(self.data, self.name, self.limits)

    def network(self, activation: Activation) -> tuple[Network, FloatArray]:
        """The hidden layers, and what is sent through them."""
        network = hidden_layers(self.tensors(), audited(self), activation, orientation=self.orientation)
        batch = None if self.batch is None else read_batch(self.batch, self.batch_name, self.limits)
        return network, chain_batch(network, batch)


def audited(own: Own) -> tuple[Row, ...]:
    """The matrices of the file and their laws. Raises InputError."""
    size = len(own.data) / 2**20

    def work(progress: Progress) -> tuple[Row, ...]:
        return audit(own.tensors(), orientation=own.orientation)

    mib = min(1 + AUDIT_MIB * size, jobs().largest_mib)
    return answer("Reading", (own.key[0], *own.key[2:]), work, gflop=AUDIT_GFLOP * size, mib=mib)


def chained(own: Own, activation: Activation) -> ChainRun:
    """What the hidden layers do to the batch. Raises InputError where they are no chain, or too big."""
    network, batch = own.network(activation)
    budget = own_budget()
    needed = chain_cost(network.spec, budget, len(batch))
    prepare()

    def work(progress: Progress) -> ChainRun:
        return run_chain(network, progress, budget, batch=batch)

    return answer("Running your model", (own.key, activation.id), work, gflop=needed.gflop, mib=needed.mib)


def mended(own: Own, activation: Activation) -> WeightsFix:
    """The fix for the hidden layers. Raises InputError where they are no chain."""
    return chain_fix(own.tensors(), activation, orientation=own.orientation, file=own.name)


def formats_of_own(own: Own, activation: Activation) -> Precision:
    """What shorter floats would lose of the model."""
    network, batch = own.network(activation)
    needed = chain_cost(network.spec, own_budget(), len(batch))

    def work(progress: Progress) -> Precision:
        return precision_at_start(network, batch)

    return answer("Converting", (own.key, activation.id), work, gflop=needed.gflop, mib=3 * needed.mib)


def singular_of_own(own: Own, activation: Activation) -> Spectra:
    """Singular values of the model's hidden layers."""
    network, batch = own.network(activation)
    needed = chain_cost(network.spec, own_budget(), max(len(batch), network.spec.layers[-1].width))

    def work(progress: Progress) -> Spectra:
        return spectra_at_start(network, batch)

    return answer("Factorizing", (own.key, activation.id), work, gflop=4 * needed.gflop, mib=3 * needed.mib)
