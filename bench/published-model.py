"""A network of the published system's size, on PyTorch as that system runs it, and as ONNX for ours.

    python bench/published-model.py export FOLDER             writes weights.pt, model.onnx and model.json
    python bench/published-model.py run FOLDER PARTITION BATCH_SIZES THREADS

The network and its export are those of lambdas/models/astromae. Its weights are random: what is compared is time, memory
and whether both engines compute the same. `run` prints one JSON line. Used by bench/against-pytorch.ts; the product needs no
Python.
"""
import time

started = time.perf_counter()

import json
import resource
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent / "lambdas/models/astromae"))
from network import AstroMae


def export(folder):
    from export import export as export_package

    torch.manual_seed(1)
    torch.save(export_package(folder, name="published-size").state_dict(), folder / "weights.pt")


@torch.inference_mode()
def run(folder, partition, batch_sizes, threads):
    torch.set_num_threads(threads)
    model = AstroMae()
    model.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    model.eval()
    load_ms = (time.perf_counter() - started) * 1000
    image, magnitude = read(partition)
    first = model(image[: batch_sizes[0]], magnitude[: batch_sizes[0]])
    cold_ms = (time.perf_counter() - started) * 1000
    rates, output = {}, [first]
    for size in batch_sizes:
        for _ in range(2):
            began = time.perf_counter()
            output = [model(*pair) for pair in zip(image.split(size), magnitude.split(size))]
            rates[size] = len(image) / (time.perf_counter() - began)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"load_ms": load_ms, "cold_ms": cold_ms, "samples_per_s": rates, "peak_rss_mb": peak_mb, "redshift": torch.cat(output).tolist()}))


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
    else:
        run(Path(sys.argv[2]), Path(sys.argv[3]), [int(size) for size in sys.argv[4].split(",")], int(sys.argv[5]))
