"""A network with the parts and the size of AstroMAE (arXiv 2501.06249): a ViT encoder over the image beside an inception
branch and the magnitudes, about 15 million parameters."""
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


class AstroMae(nn.Module):
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
