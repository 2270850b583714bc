"""Writes the test data of lambdas/ with the libraries that people use: numpy, safetensors, onnx (and ml_dtypes for bfloat16).

    python -m pip install numpy safetensors onnx ml_dtypes && python lambdas/testdata/make.py && npm run format
"""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

HERE = Path(__file__).parent
SAMPLES = 7
random = np.random.default_rng(20261123)
tensors = {
    "image": random.normal(size=(SAMPLES, 2, 4, 4)).astype(np.float32),
    "magnitude": random.uniform(15, 22, size=(SAMPLES, 2)).astype(np.float32),
    "redshift": random.uniform(0, 0.4, size=SAMPLES).astype(np.float32),
    "id": 1237648720693755918 + np.arange(SAMPLES, dtype=np.int64),
}

save_file(tensors, HERE / "galaxies.safetensors")
np.savez(HERE / "stored.npz", **tensors)
np.savez_compressed(HERE / "deflated.npz", **tensors)
np.savez(HERE / "mixed-order.npz", image=tensors["image"][:, ::-1], object=np.array([{"a": 1}], dtype=object))

with_nan = {name: value.copy() for name, value in tensors.items()}
with_nan["image"][3, 0, 0, 0] = np.nan
save_file(with_nan, HERE / "nan.safetensors")
save_file({name: value[:0] for name, value in tensors.items()}, HERE / "no-samples.safetensors")
save_file({**tensors, "redshift": tensors["redshift"][:5]}, HERE / "uneven.safetensors")
save_file({name: value for name, value in tensors.items() if name != "magnitude"}, HERE / "no-magnitude.safetensors")
save_file({**tensors, "magnitude": tensors["image"][:, 0, 0, :3].copy()}, HERE / "three-magnitudes.safetensors")

values = np.array([[-2, -0.5, 0], [1, 1.5, 100]])
types = {
    name: np.abs(values).astype(name) if name.startswith("u") else values.astype(name)
    for name in "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64 bool".split()
}
save_file({**types, "bfloat16": values.astype(ml_dtypes.bfloat16)}, HERE / "types.safetensors")
np.savez(HERE / "types.npz", **types)
np.savez(HERE / "big-endian.npz", **{name: value.astype(value.dtype.newbyteorder(">")) for name, value in types.items()})
expected = {name: value.astype(np.float64).ravel().tolist() for name, value in types.items()}
expected["bfloat16"] = values.astype(ml_dtypes.bfloat16).astype(np.float64).ravel().tolist()

np.save(HERE / "image.npy", tensors["image"])
np.save(HERE / "fortran.npy", np.asfortranarray(tensors["magnitude"]))
np.save(HERE / "object.npy", np.array([{"a": 1}, None], dtype=object))
np.save(HERE / "structured.npy", np.zeros(3, dtype=[("ra", "f8"), ("dec", "f8")]))
np.save(HERE / "text.npy", np.array(["a", "bc"]))
names = np.array(["NGC 1300", "", "é 𝒩", "0123456789"])
rows = np.arange(3000)
texts = {
    "names": names,
    "big_endian": names.astype(">U12"),
    "bytes": np.char.encode(names, "utf-8"),
    "column": names[:, None],
    "table": names.reshape(2, 2),
    "one": names[0],
    "long": np.array(["x" * 128, "", "", "y" * 129]),
    "objects": names.astype(object),
}
np.savez(HERE / "texts.npz", **texts)
np.savez_compressed(HERE / "texts-deflated.npz", **texts)
np.savez_compressed(HERE / "many-texts.npz", name=np.char.add("galaxy ", rows.astype(str)), x=rows.astype(np.float32))
with open(HERE / "version2.npy", "wb") as file:
    np.lib.format.write_array(file, tensors["magnitude"], version=(2, 0))

# prediction = mean of the image + 0.01 * first magnitude: small enough to be checked by hand.
weights = helper.make_tensor("weights", TensorProto.FLOAT, [2, 1], [0.01, 0.0])
graph = helper.make_graph(
    [
        helper.make_node("ReduceMean", ["image"], ["mean4"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean4", "axis"], ["mean"]),
        helper.make_node("MatMul", ["magnitude", "weights"], ["weighted"]),
        helper.make_node("Add", ["mean", "weighted"], ["redshift"]),
    ],
    "tiny",
    [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 2, "height", "width"]),
        helper.make_tensor_value_info("magnitude", TensorProto.FLOAT, ["n", 2]),
    ],
    [helper.make_tensor_value_info("redshift", TensorProto.FLOAT, ["n", 1])],
    [weights, helper.make_tensor("axis", TensorProto.INT64, [1], [1])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, HERE / "tiny.onnx")

mean = lambda image: image.mean(axis=(1, 2, 3))
predict = lambda image, magnitude: (mean(image) + 0.01 * magnitude[:, 0]).astype(np.float32).tolist()
(HERE / "expected.json").write_text(
    json.dumps(
        {
            "types": expected,
            "image": tensors["image"].astype(np.float64).ravel().tolist(),
            "id": [str(value) for value in tensors["id"]],
            "redshift": tensors["redshift"].astype(np.float64).tolist(),
            "predicted": predict(tensors["image"], tensors["magnitude"]),
            "predicted_cropped": predict(tensors["image"][:, :, 1:3, 1:3] * 2 - 1, tensors["magnitude"]),
        }
    )
)
