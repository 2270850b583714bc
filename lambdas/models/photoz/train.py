"""Trains the photometric redshift model on simulated galaxies and writes model.onnx and model.json's `measured`.

    node lambdas/models/photoz/export-training-data.ts DATA
    python lambdas/models/photoz/train.py DATA

DATA holds train.safetensors, validation.safetensors and test.safetensors. The epoch that does best on the validation set is
kept; the test set is read once, at the end, through the exported graph in ONNX Runtime.
"""

import argparse
import json
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.numpy import load_file
from torch import nn

PACKAGE = Path(__file__).resolve().parent
OPSET = 18
# Largest difference allowed between PyTorch and ONNX Runtime, in redshift.
AGREEMENT = 1e-5


class PhotometricRedshift(nn.Module):
    """Images [n, 5, 32, 32] in nanomaggies and magnitudes [n, 5] to redshift [n].

    Everything the inputs need is inside: the asinh stretch of the pixels, in units of their sky noise, and the magnitudes'
    mean and spread. 17 million multiplications per sample, nearly all in the convolutions.
    """

    def __init__(self, pixel_noise, pixel_mean, pixel_spread, colour_mean, colour_spread, redshift_mean, redshift_spread):
        super().__init__()
        self.register_buffer("pixel_gain", (1 / pixel_noise).view(1, 5, 1, 1))
        self.register_buffer("pixel_mean", pixel_mean.view(1, 5, 1, 1))
        self.register_buffer("pixel_scale", (1 / pixel_spread).view(1, 5, 1, 1))
        self.register_buffer("colour_mean", colour_mean)
        self.register_buffer("colour_scale", 1 / colour_spread)
        self.register_buffer("redshift_mean", redshift_mean)
        self.register_buffer("redshift_spread", redshift_spread)
        self.image = nn.Sequential(
            *convolution(5, 24),
            nn.MaxPool2d(2),
            *convolution(24, 48),
            *convolution(48, 48),
            nn.MaxPool2d(2),
            *convolution(48, 96),
            *convolution(96, 96),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.colour = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(96 + 48, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, image, magnitude):
        pixels = (stretch(image * self.pixel_gain) - self.pixel_mean) * self.pixel_scale
        colours = (colours_of(magnitude) - self.colour_mean) * self.colour_scale
        features = torch.cat([self.image(pixels), self.colour(colours)], dim=1)
        return self.head(features).squeeze(1) * self.redshift_spread + self.redshift_mean


def convolution(channels_in, channels_out):
    return nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.ReLU()


def stretch(x):
    """asinh, written out: ONNX Runtime computes a logarithm with vector instructions, but not Asinh."""
    size = x.abs()
    return x.sign() * torch.log(size + torch.sqrt(size * size + 1))


def colours_of(magnitude):
    """u-g, g-r, r-i, i-z, and the r and i magnitudes."""
    return torch.cat([magnitude[:, :4] - magnitude[:, 1:], magnitude[:, 2:4]], dim=1)


def main():
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    train, validation = load(arguments.data, "train"), load(arguments.data, "validation")
    model = untrained(train)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(train['redshift']):,} samples")
    seconds = fit(model, train, validation, arguments)

    graph = arguments.out / "model.onnx"
    export(model, graph)
    test = load(arguments.data, "test")
    measured = measure(model, graph, test)
    measured |= {
        "trained_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "training_samples": len(train["redshift"]),
        "training_s": round(seconds),
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    print(json.dumps(measured, indent=2))
    description = json.loads((PACKAGE / "model.json").read_text())
    description["measured"] = measured
    (arguments.out / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the three sets")
    parser.add_argument("--out", type=Path, default=PACKAGE, help="where model.onnx and model.json go")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def load(folder, name):
    return {key: torch.from_numpy(value) for key, value in load_file(folder / f"{name}.safetensors").items()}


def untrained(train):
    """The network with its input scales taken from the training set."""
    some = train["image"][:4000]
    # Half the distance between the 16th and 84th percentile of the corner pixels: the sky noise, whatever lies in a few.
    corner = some[:, :, :3, :3].transpose(0, 1).reshape(5, -1)
    noise = (corner.quantile(0.84, dim=1) - corner.quantile(0.16, dim=1)) / 2
    pixels = stretch(some / noise.view(1, 5, 1, 1))
    colours = colours_of(train["magnitude"])
    redshift = train["redshift"]
    return PhotometricRedshift(
        noise,
        pixels.mean((0, 2, 3)),
        pixels.std((0, 2, 3)),
        colours.mean(0),
        colours.std(0),
        redshift.mean(),
        redshift.std(),
    )


def fit(model, train, validation, arguments):
    """One-cycle AdamW on the Huber loss, with mirrored and turned images; leaves the best epoch's weights in the model."""
    count = len(train["redshift"])
    steps = arguments.epochs * (count // arguments.batch)
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, arguments.rate, total_steps=steps, pct_start=0.2)
    best, weights, started = float("inf"), None, time.monotonic()
    for epoch in range(arguments.epochs):
        model.train()
        order = torch.randperm(count)
        for step in range(count // arguments.batch):
            rows = order[step * arguments.batch : (step + 1) * arguments.batch]
            predicted = model(turned(train["image"][rows]), train["magnitude"][rows])
            error = (predicted - train["redshift"][rows]) / model.redshift_spread
            loss = nn.functional.huber_loss(error, torch.zeros_like(error), delta=0.5)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        error = (predict(model, validation) - validation["redshift"]).abs().mean().item()
        print(f"epoch {epoch + 1}: mean absolute error {error:.5f}, {time.monotonic() - started:.0f} s", flush=True)
        if error < best:
            best, weights = error, {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(weights)
    return time.monotonic() - started


def turned(image):
    """The whole batch in one of the eight orientations of a square: the sky has no up."""
    image = torch.rot90(image, int(torch.randint(4, ())), (2, 3))
    return image.flip(3) if torch.rand(()) < 0.5 else image


@torch.no_grad()
def predict(model, samples):
    model.eval()
    pairs = zip(samples["image"].split(512), samples["magnitude"].split(512))
    return torch.cat([model(image, magnitude) for image, magnitude in pairs])


def export(model, path):
    """One file, any batch size; the output is [n]."""
    model.eval()
    # Two samples: the exporter takes a dimension of one for a constant.
    example = (torch.zeros(2, 5, 32, 32), torch.full((2, 5), 18.0))
    batch = torch.export.Dim("batch", min=1)
    program = torch.onnx.export(
        model,
        example,
        input_names=["image", "magnitude"],
        output_names=["redshift"],
        dynamic_shapes=({0: batch}, {0: batch}),
        opset_version=OPSET,
        external_data=False,
        dynamo=True,
        verbose=False,
    )
    program.save(path, external_data=False)
    onnx.checker.check_model(onnx.load(path), full_check=True)


def measure(model, path, test):
    """Figures on the test set, through ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images, magnitudes = test["image"].numpy(), test["magnitude"].numpy()
    truth = test["redshift"].numpy()
    batch, parts, started = 512, [], time.monotonic()
    for at in range(0, len(truth), batch):
        inputs = {"image": images[at : at + batch], "magnitude": magnitudes[at : at + batch]}
        parts.append(session.run(["redshift"], inputs)[0])
    seconds = time.monotonic() - started
    predicted = np.concatenate(parts)
    difference = float(np.abs(predicted - predict(model, test).numpy()).max())
    if difference > AGREEMENT:
        raise SystemExit(f"PyTorch and ONNX Runtime differ by {difference:.1e}, more than {AGREEMENT:.0e}.")

    error = predicted - truth
    relative = error / (1 + truth)
    spread = 1.4826 * np.median(np.abs(relative - np.median(relative)))
    return {
        "test_samples": len(truth),
        "mae": figure(np.abs(error).mean()),
        "mae_of_predicting_the_mean": figure(np.abs(truth - truth.mean()).mean()),
        "r2": figure(1 - (error**2).mean() / truth.var()),
        "bias": figure(error.mean()),
        "sigma_mad_over_1_plus_z": figure(spread),
        "outliers_over_0.05": figure((np.abs(relative) > 0.05).mean()),
        "torch_onnx_max_difference": float(f"{difference:.1e}"),
        "samples_per_second_one_thread": int(round(len(truth) / seconds, -2)),
    }


def figure(value):
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
