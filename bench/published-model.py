"""A network of the published system's size, on PyTorch as that system runs it, and as ONNX for ours.

    python bench/published-model.py export FOLDER             writes weights.pt, model.onnx and model.json
    python bench/published-model.py cold WEIGHTS PARTITION BATCH_SIZE THREADS
    python bench/published-model.py run WEIGHTS PARTITION BATCH_SIZE THREADS
    python bench/published-model.py limit THREADS

The network and its export are those of lambdas/models/astromae. Its weights are random: what is compared is time,
memory and whether both engines compute the same. WEIGHTS is weights.pt or a URL of it. `cold` (one batch), `run` (all,
several times) and `limit` (what the processor allows) print one JSON line.
Used by bench/against-pytorch.ts; the product needs no Python.
"""
import time

started = time.perf_counter()

import json
import resource
import statistics
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent / "lambdas/models/astromae"))
from network import AstroMae


def export(folder):
    from export import export as export_package

    torch.manual_seed(1)
    model = AstroMae()
    # nn.TransformerEncoder begins with copies of one layer. ONNX Runtime keeps equal weights once: no trained network has any.
    for parameter in model.encoder.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_uniform_(parameter)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "weights.pt")
    export_package(folder, folder / "weights.pt", name="published-size")


def load(weights, threads):
    torch.set_num_threads(threads)
    model = AstroMae()
    model.load_state_dict(torch.load(download(weights) if weights.startswith("http") else weights, weights_only=True))
    return model.eval()


def download(url):
    """By the least there is: the published system saves them in a file first."""
    import io
    from urllib.request import urlopen

    with urlopen(url) as answer:
        return io.BytesIO(answer.read())


@torch.inference_mode()
def cold(weights, partition, batch_size, threads):
    model = load(weights, threads)
    load_ms = (time.perf_counter() - started) * 1000
    image, magnitude = read(partition)
    model(image[:batch_size], magnitude[:batch_size])
    print(json.dumps({"load_ms": load_ms, "cold_ms": (time.perf_counter() - started) * 1000}))


@torch.inference_mode()
def run(weights, partition, batch_size, threads):
    model = load(weights, threads)
    image, magnitude = read(partition)
    rates = []
    # The first time takes the memory that the others use again.
    for _ in range(4):
        began = time.perf_counter()
        output = [model(*pair) for pair in zip(image.split(batch_size), magnitude.split(batch_size))]
        rates.append(len(image) / (time.perf_counter() - began))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"samples_per_s": statistics.median(rates[1:]), "peak_rss_mb": peak_mb, "redshift": torch.cat(output).tolist()}))


@torch.inference_mode()
def limit(threads):
    """Samples/s if the network's multiplications went as fast as those of two large matrices, and nothing else took time."""
    from torch.utils.flop_counter import FlopCounterMode

    torch.set_num_threads(threads)
    # The operations of the encoder's fast path are not counted.
    torch.backends.mha.set_fastpath_enabled(False)
    with FlopCounterMode(display=False) as counter:
        AstroMae().eval()(torch.zeros(1, 5, 32, 32), torch.zeros(1, 5))
    side = 1024
    a, b = torch.randn(side, side), torch.randn(side, side)
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - began)
    flop_per_s = 2 * side**3 / min(seconds)
    print(json.dumps({"samples_per_s": flop_per_s / counter.get_total_flops()}))


def read(partition):
    """The two tensors of a safetensors file; the format by hand, so that nothing but PyTorch is needed."""
    data = partition.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])

    def tensor(name):
        start, end = header[name]["data_offsets"]
        return torch.frombuffer(bytearray(data[8 + length + start : 8 + length + end]), dtype=torch.float32).view(header[name]["shape"])

    return tensor("image"), tensor("magnitude")


if __name__ == "__main__":
    if sys.argv[1] == "export":
        export(Path(sys.argv[2]))
    elif sys.argv[1] == "limit":
        limit(int(sys.argv[2]))
    else:
        mode = {"cold": cold, "run": run}[sys.argv[1]]
        mode(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
