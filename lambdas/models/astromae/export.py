"""From PyTorch to a model package: model.onnx and model.json in a folder.

    python lambdas/models/astromae/export.py FOLDER [--weights STATE_DICT.pt] [--name NAME]

For a network of your own, change what is marked below. Without weights they are random, which does for trying out.
Needs torch and onnx with onnxscript; compares with ONNX Runtime where onnxruntime is installed.
"""
import argparse
import json
import os
from pathlib import Path

import torch

from network import AstroMae

# Yours: the network, one name and shape of a sample per input in the order of forward(), the names of the outputs.
NETWORK = AstroMae
INPUTS = {"image": (5, 32, 32), "magnitude": (5,)}
OUTPUTS = ["redshift"]
# Yours: what model.json says. Which tensor of the data feeds which input, what the outputs are called, id and truth.
MANIFEST = {
    "inputs": [{"name": "image", "tensor": "image"}, {"name": "magnitude", "tensor": "magnitude"}],
    "outputs": [{"name": "redshift", "column": "redshift_pred"}],
    "id": "id",
    "truth": [{"column": "redshift_pred", "tensor": "redshift"}],
}
LARGEST_DIFFERENCE = 1e-4


def export(folder, weights=None, name="astromae"):
    """Writes the package. Returns the network, as it was exported."""
    model = NETWORK()
    if weights:
        # weights_only: nothing but tensors is read, no code of the file is run.
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    # Without this, dropout and batch normalisation are exported as they are in training.
    model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    batch = torch.export.Dim("batch", min=1)
    # Two samples: from one the exporter takes the batch for a constant.
    example = tuple(torch.zeros(2, *shape) for shape in INPUTS.values())
    torch.onnx.export(
        model, example, input_names=list(INPUTS), output_names=OUTPUTS,
        dynamic_shapes=tuple({0: batch} for _ in INPUTS), opset_version=18, dynamo=True, verbose=False,
    ).save(folder / "model.onnx", external_data=False)
    manifest = {"version": 1, "name": name, "onnx": "model.onnx", **MANIFEST}
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return model


@torch.inference_mode()
def compare(model, onnx):
    """The largest difference between PyTorch and ONNX Runtime on random samples, in another batch size than exported."""
    # It reports to its makers what it runs, unless it is told not to before it is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    samples = [torch.randn(7, *shape) for shape in INPUTS.values()]
    feeds = {name: tensor.numpy() for name, tensor in zip(INPUTS, samples)}
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    outputs = model(*samples)
    expected = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    return max(abs(a.numpy() - b).max() for a, b in zip(expected, session.run(OUTPUTS, feeds)))


def main():
    arguments = argparse.ArgumentParser(description="Export a PyTorch network as a model package of Starmap.")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--weights", type=Path, help="a state_dict saved by torch.save")
    arguments.add_argument("--name", default="astromae")
    given = arguments.parse_args()
    torch.manual_seed(1)
    model = export(given.folder, given.weights, given.name)
    parameters = sum(each.numel() for each in model.parameters())
    size_mb = (given.folder / "model.onnx").stat().st_size / 1e6
    print(f"{parameters:,} parameters, model.onnx {size_mb:.1f} MB")
    try:
        difference = compare(model, given.folder / "model.onnx")
    except ImportError:
        print("Not compared with ONNX Runtime: pip install onnxruntime")
        return
    print(f"largest difference between PyTorch and ONNX Runtime: {difference:.1e}")
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"That is more than {LARGEST_DIFFERENCE}: the export does not compute what the network does.")


if __name__ == "__main__":
    main()
