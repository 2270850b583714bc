"""Writes a network with what lambdas/onnx rewrites, and what looks like it, as PyTorch exports it, and what PyTorch makes of
some samples; and a graph with a graph in a node.

    python -m pip install torch onnx onnxscript safetensors && python lambdas/testdata/rewriting/make.py
"""

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
SAMPLES = 7


class Network(nn.Module):
    """Images [n, 3, 10, 12] to [n, 2]. 10 rows are no multiple of 4."""

    def __init__(self):
        super().__init__()
        self.grow = nn.Conv2d(3, 32, 1)
        self.five = nn.Conv2d(32, 32, (5, 1), padding=(2, 0))
        self.three = nn.Conv2d(32, 32, 3, padding=(0, 1), bias=False)
        self.strided = nn.Conv2d(32, 32, (3, 1), stride=(2, 1), padding=(1, 0))
        self.dilated = nn.Conv2d(32, 64, (3, 1), padding=(2, 0), dilation=(2, 1))
        self.grouped = nn.Conv2d(64, 32, (3, 1), padding=(1, 0), groups=2)
        self.shrink = nn.Conv2d(32, 8, 1)
        self.norm = nn.LayerNorm(8)
        self.wide = nn.Linear(8, 16)
        self.narrow = nn.Linear(16, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, image):
        x = torch.relu(self.five(torch.relu(self.grow(image))))
        x = self.shrink(self.grouped(self.dilated(self.strided(torch.relu(self.three(x))))))
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.narrow(torch.nn.functional.gelu(self.wide(self.norm(tokens))))
        return self.head(tokens.mean(1))


torch.manual_seed(20261128)
network = Network().eval()
batch = torch.export.Dim("batch", min=1)
program = torch.onnx.export(
    network, (torch.zeros(2, 3, 10, 12),), input_names=["image"], output_names=["y"], dynamic_shapes=({0: batch},),
    opset_version=18, dynamo=True, verbose=False,
)
model = program.model_proto
# Where on which machine each line of it comes from.
for part in [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
    del part.metadata_props[:]
onnx.save(model, HERE / "network.onnx")
image = torch.randn(SAMPLES, 3, 10, 12)
with torch.inference_mode():
    save_file({"image": image, "y": network(image)}, HERE / "rows.safetensors")

# Attention of 3 heads of 4 over 5 tokens: no two sizes are the same.
layer = nn.TransformerEncoderLayer(12, 3, dim_feedforward=16, activation="gelu", batch_first=True).eval()
with torch.no_grad():
    for bias in (layer.self_attn.in_proj_bias, layer.self_attn.out_proj.bias):
        bias.uniform_(-1, 1)
program = torch.onnx.export(
    layer, (torch.zeros(2, 5, 12),), input_names=["image"], output_names=["y"], dynamic_shapes=({0: batch},),
    opset_version=18, dynamo=True, verbose=False,
)
attention = program.model_proto
for part in [attention.graph, *attention.graph.node, *attention.graph.value_info]:
    del part.metadata_props[:]
onnx.save(attention, HERE / "attention.onnx")
tokens = torch.randn(SAMPLES, 5, 12)
with torch.inference_mode():
    save_file({"image": tokens, "y": layer(tokens)}, HERE / "tokens.safetensors")



class Branches(nn.Module):
    """Images [n, 3, 8, 8] to [n, 2]: convolutions side by side, and matrices that are large enough to be convolutions."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 16, 1), nn.Conv2d(3, 32, 3, padding=1)
        self.norm, self.up = nn.LayerNorm(48), nn.Linear(48, 256)
        self.wide, self.narrow = nn.Linear(256, 272), nn.Linear(272, 256, bias=False)
        self.last, self.head = nn.Linear(256, 256), nn.Linear(256, 2)

    def forward(self, image):
        x = nn.functional.max_pool2d(torch.relu(torch.cat([self.left(image), self.right(image)], 1)), 2)
        tokens = self.up(self.norm(x.flatten(2).transpose(1, 2)))
        tokens = tokens + self.narrow(nn.functional.gelu(self.wide(tokens)))
        return self.head(torch.relu(self.last(tokens[:, 0])))


branches = Branches().eval()
with torch.no_grad():
    # Few different values: a repository keeps them in a tenth.
    for linear in (branches.wide, branches.narrow, branches.last):
        linear.weight.copy_((linear.weight * 40).round() / 40)
program = torch.onnx.export(
    branches, (torch.zeros(2, 3, 8, 8),), input_names=["image"], output_names=["y"], dynamic_shapes=({0: batch},),
    opset_version=18, dynamo=True, verbose=False,
)
exported = program.model_proto
for part in [exported.graph, *exported.graph.node, *exported.graph.value_info]:
    del part.metadata_props[:]
onnx.save(exported, HERE / "branches.onnx")
image = torch.randn(SAMPLES, 3, 8, 8)
with torch.inference_mode():
    save_file({"image": image, "y": branches(image)}, HERE / "branches.safetensors")

info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xyz"]
inner = helper.make_graph([helper.make_node("Neg", ["x"], ["z"])], "inner", [], [info[2]])
true = helper.make_node("Constant", [], ["true"], value=helper.make_tensor("true", TensorProto.BOOL, [], [True]))
either = helper.make_node("If", ["true"], ["y"], then_branch=inner, else_branch=inner)
graph = helper.make_graph([true, either], "with-graph", [info[0]], [info[1]])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), HERE / "with-graph.onnx")
