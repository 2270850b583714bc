"""Writes small ONNX graphs of many kinds with the onnx package, and a partition for them with safetensors.

    python -m pip install numpy safetensors onnx && python lambdas/testdata/models/make.py
"""

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

HERE = Path(__file__).parent
TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "int32": TensorProto.INT32,
    "uint32": TensorProto.UINT32,
    "int64": TensorProto.INT64,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
}


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, TYPES[kind], shape)


def save(file, nodes, inputs, outputs, weights=(), domains=(), **options):
    graph = helper.make_graph(nodes, file, inputs, outputs, list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), *domains], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{file}.onnx", **options)


# Weights of 16 bits that are multiplied with tokens before samples, as PyTorch's attention and LSTM do.
before, ones = {"perm": [1, 0, 2]}, helper.make_tensor("one", TYPES["int64"], [1], [1])
save(
    "half-precision",
    [
        helper.make_node("Unsqueeze", ["x", "one"], ["token"]),
        helper.make_node("Transpose", ["token"], ["first"], **before),
        helper.make_node("MatMul", ["first", "w"], ["product"]),
        helper.make_node("Transpose", ["product"], ["back"], **before),
        helper.make_node("Squeeze", ["back", "one"], ["y"]),
    ],
    [value("x", "float16", ["n", 2])],
    [value("y", "float16", ["n", 2])],
    [ones, helper.make_tensor("w", TYPES["float16"], [2, 2], np.float16([[2, 0], [0, 1]]).tobytes(), raw=True)],
)

# An operator that ONNX Runtime has for float32 only, as a network with GELU in float64 has it.
erf = [helper.make_node("Erf", ["x"], ["y"])]
save("erf-float64", erf, [value("x", "float64", ["n", "k"])], [value("y", "float64", ["n", "k"])])

# The input comes out as it went in: what the model was fed can be read off the predictions.
for kind in TYPES:
    same = [helper.make_node("Identity", ["x"], ["y"])]
    save(f"same-{kind}", same, [value("x", kind, ["n", "k"])], [value("y", kind, ["n", "k"])])
same = [helper.make_node("Identity", ["x"], ["y"])]
save("same-image", same, [value("x", "float32", ["n", 3, "h", "w"])], [value("y", "float32", ["n", 3, "h", "w"])])
for file, rows in (("fixed-batch", 16), ("one-sample", 1)):
    save(file, same, [value("x", "float32", [rows, 2])], [value("y", "float32", [rows, 2])])

# Two inputs, two outputs: scores of three classes from two columns, and the sum.
weights = np.array([[1, 0, -1], [0, 1, 2]], np.float32)
save(
    "classes",
    [helper.make_node("MatMul", ["x", "w"], ["scores"]), helper.make_node("Add", ["z", "z"], ["twice"])],
    [value("x", "float32", ["n", 2]), value("z", "float32", ["n"])],
    [value("scores", "float32", ["n", 3]), value("twice", "float32", ["n"])],
    [helper.make_tensor("w", TYPES["float32"], [2, 3], weights.ravel().tolist())],
)
# 0 / 0 where x is 0; the mean of the batch instead of a row for each sample.
save("divides", [helper.make_node("Div", ["x", "x"], ["y"])], [value("x", "float32", ["n"])], [value("y", "float32", ["n"])])
save(
    "batch-mean",
    [helper.make_node("ReduceMean", ["x"], ["y"], axes=[0], keepdims=1)],
    [value("x", "float32", ["n", 2])],
    [value("y", "float32", [1, 2])],
)
# The mean of the batch is subtracted.
save(
    "centred",
    [helper.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1), helper.make_node("Sub", ["x", "m"], ["y"])],
    [value("x", "float32", ["n", 2])],
    [value("y", "float32", ["n", 2])],
)
# Eight rows, whatever the batch.
save(
    "eight-rows",
    [helper.make_node("Identity", ["eight"], ["y"])],
    [value("x", "float32", ["n", "k"])],
    [value("y", "float32", [8])],
    [helper.make_tensor("eight", TYPES["float32"], [8], range(8))],
)
# Rows of a table that a script makes: as many whatever the batch.
save(
    "table",
    [helper.make_node("Gather", ["t", "i"], ["y"], axis=0)],
    [value("t", "float32", [16, 2]), value("i", "int64", ["n"])],
    [value("y", "float32", ["n", 2])],
)
# As scikit-learn's converter writes a classifier: its probabilities are a sequence of maps.
probability = helper.make_map_type_proto(TYPES["int64"], helper.make_tensor_type_proto(TYPES["float32"], []))
save(
    "zipmap",
    [
        helper.make_node("Softmax", ["x"], ["scores"], axis=-1),
        helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0),
        helper.make_node("ZipMap", ["scores"], ["p"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ],
    [value("x", "float32", ["n", 2])],
    [
        value("label", "int64", ["n"]),
        helper.make_value_info("p", helper.make_sequence_type_proto(probability)),
    ],
    domains=[helper.make_opsetid("ai.onnx.ml", 3)],
)
# Weights beside the graph, and in a folder beside it, which is of no use.
(HERE / "data").mkdir()
for file, location in [("external", "external.onnx.data"), ("external-folder", "data/weights")]:
    save(
        file,
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [value("x", "float32", ["n", 2])],
        [value("y", "float32", ["n", 3])],
        [helper.make_tensor("w", TYPES["float32"], [2, 3], weights.tobytes(), raw=True)],
        save_as_external_data=True,
        location=location,
        size_threshold=0,
    )
shutil.rmtree(HERE / "data")

rows = 6
save_file(
    {
        "pair": np.array([[0, 1], [1, 0], [2.5, -1.5], [-3, 4], [300, -300], [0.1, 0.2]], np.float32),
        "flux": np.array([0, 1, 2, 3, 4, 5], np.float32),
        "zero": np.zeros(rows, np.float32),
        "big": np.array([[2**53 + 1, -1]] * rows, np.int64),
        "cube": np.arange(rows * 4 * 6 * 3, dtype=np.uint8).reshape(rows, 4, 6, 3),
        "id": np.arange(100, 100 + rows, dtype=np.int64),
        "short": np.arange(4, dtype=np.float32),
    },
    HERE / "rows.safetensors",
)
