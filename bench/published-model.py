"""A network of the published system's size, on PyTorch as that system runs it, and as ONNX for ours.

    python bench/published-model.py export FOLDER             writes weights.pt, model.onnx and model.json
    python bench/published-model.py run FOLDER PARTITION BATCH_SIZES THREADS

The architecture has the parts and the size of AstroMAE (arXiv 2501.06249: a ViT encoder over the image beside an inception
branch and the magnitudes, about 15 million parameters). Its weights are random: what is compared is time, memory and
whether both engines compute the same. `run` prints one JSON line. Used by bench/against-pytorch.ts; the product needs no Python.
"""
import time

started = time.perf_counter()

import json
import resource
import sys
from pathlib import Path

import torch
from torch import nn


class Inception(nn.Module):
    def __init__(self, channels_in, each):
        super().__init__()
        self.one = nn.Conv2d(channels_in, each, 1)
        self.three = nn.Sequential(nn.Conv2d(channels_in, each, 1), nn.ReLU(), nn.Conv2d(each, each, 3, padding=1))
        self.five = nn.Sequential(nn.Conv2d(channels_in, each, 1), nn.ReLU(), nn.Conv2d(each, each, 5, padding=2))
        self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1), nn.Conv2d(channels_in, each, 1))

    def forward(self, x):
        return torch.relu(torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1))


class Published(nn.Module):
    """Images [n, 5, 32, 32] and magnitudes [n, 5] to redshift [n]."""

    def __init__(self, width=336, depth=10, heads=8, patch=8):
        super().__init__()
        self.patches = nn.Conv2d(5, width, patch, patch)
        self.position = nn.Parameter(torch.randn(1, (32 // patch) ** 2, width) * 0.02)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.inception = nn.Sequential(
            Inception(5, 32), nn.MaxPool2d(2), Inception(128, 64), nn.MaxPool2d(2), Inception(256, 96),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.magnitude = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(width + 384 + 64, 512), nn.ReLU(), nn.Linear(512, 1))

    def forward(self, image, magnitude):
        tokens = self.patches(image).flatten(2).transpose(1, 2) + self.position
        encoded = self.encoder(tokens).mean(1)
        return self.head(torch.cat([encoded, self.inception(image), self.magnitude(magnitude)], 1)).squeeze(1)


def export(folder):
    torch.manual_seed(1)
    model = Published().eval()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "weights.pt")
    batch = torch.export.Dim("batch", min=1)
    torch.onnx.export(
        model, (torch.zeros(2, 5, 32, 32), torch.zeros(2, 5)), input_names=["image", "magnitude"], output_names=["redshift"],
        dynamic_shapes=({0: batch}, {0: batch}), opset_version=18, external_data=False, dynamo=True, verbose=False,
    ).save(folder / "model.onnx", external_data=False)
    manifest = {
        "version": 1,
        "name": "published-size",
        "description": "Random weights in the published architecture's size, for benchmarks.",
        "onnx": "model.onnx",
        "inputs": [{"name": "image", "tensor": "image"}, {"name": "magnitude", "tensor": "magnitude"}],
        "outputs": [{"name": "redshift", "column": "redshift_pred"}],
        "id": "id",
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}))


@torch.inference_mode()
def run(folder, partition, batch_sizes, threads):
    torch.set_num_threads(threads)
    model = Published()
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
