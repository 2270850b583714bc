"""Writes the data files of the format tests with the libraries that people use. The same arrays, file after file.

    python -m pip install numpy safetensors torch pyarrow
    python lambdas/testdata/formats/make.py
    npm run format
"""

import csv
import io
import json
import os
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import torch
from safetensors.numpy import save_file
from torch.utils.data import Subset, TensorDataset

HERE = Path(__file__).parent
SAMPLES = 23
random = np.random.default_rng(20261124)
arrays = {
    "image": random.normal(size=(SAMPLES, 2, 4, 4)).astype(np.float32),
    "flux": random.uniform(15, 22, size=(SAMPLES, 3)),
    "redshift": random.uniform(0, 0.4, size=SAMPLES).astype(np.float32),
    "id": 1237648720693755918 + np.arange(SAMPLES, dtype=np.int64),
}
save_file(arrays, HERE / "galaxies.safetensors")
os.chmod(HERE / "galaxies.safetensors", 0o644)


def zip64(write, path):
    """Writes a zip as if it were larger than 4 GB: sizes and offsets in 8-byte fields."""
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 100
    try:
        write(path)
    finally:
        zipfile.ZIP64_LIMIT = limit


np.savez(HERE / "stored.npz", **arrays)
np.savez_compressed(HERE / "deflated.npz", **arrays)
zip64(lambda path: np.savez(path, **arrays), HERE / "zip64.npz")
zip64(lambda path: np.savez_compressed(path, **arrays), HERE / "deflated-zip64.npz")

# PyTorch
tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def save(name, value, **options):
    # Through memory: the name of the file would become part of it.
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    (HERE / name).write_bytes(buffer.getvalue())


def rewrite(name, source, change, method=zipfile.ZIP_STORED):
    """The same file with its entries changed."""

    def write(path):
        with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(path, "w", method) as new:
            for entry in old.infolist():
                new.writestr(zipfile.ZipInfo(entry.filename), change(entry.filename, old.read(entry)), method)

    return lambda path=HERE / name: write(path)


save("dataset.pt", TensorDataset(*tensors.values()))
save("dict.pth", tensors)
save("ordered.pt", OrderedDict(tensors), pickle_protocol=5)
save("list.pt", list(tensors.values()), pickle_protocol=4)
save("tuple.pt", tuple(tensors.values()))
save("image.pt", tensors["image"])
save("parameter.pt", {**tensors, "image": torch.nn.Parameter(tensors["image"]), "epoch": 3, "survey": "SDSS"})
if not (HERE / "legacy.pt").exists():  # Holds memory addresses: other bytes each time.
    save("legacy.pt", tensors, _use_new_zipfile_serialization=False)

# Views: channels last, transposed, every second one, the end of a longer tensor; then all in one storage.
twice = torch.zeros(2 * SAMPLES)
twice[::2] = tensors["redshift"]
long_id = torch.cat([torch.zeros(9, dtype=torch.int64), tensors["id"]])
save(
    "strided.pt",
    {
        "image": tensors["image"].contiguous(memory_format=torch.channels_last),
        "flux": tensors["flux"].T.contiguous().T,
        "redshift": twice[::2],
        "id": long_id[9:],
    },
)
pool = torch.cat([tensors["redshift"], tensors["image"].flatten()])
save("shared.pt", {**tensors, "redshift": pool[:SAMPLES], "image": pool[SAMPLES:].view(SAMPLES, 2, 4, 4)})
save("expanded.pt", {**tensors, "one": torch.ones(1).expand(SAMPLES), "sky": torch.ones(1).expand(SAMPLES, 4000)})

torch.serialization.set_crc32_options(False)
save("without-checksums.pt", tensors)
torch.serialization.set_crc32_options(True)
widths = {"0": 4, "1": 8, "2": 4, "3": 8}


def swap(name, content):
    """As a big-endian machine writes it."""
    if name.endswith("/byteorder"):
        return b"big"
    width = widths.get(name.rpartition("/data/")[2])
    return np.frombuffer(content, f"u{width}").byteswap().tobytes() if width else content


rewrite("big-endian.pt", "dict.pth", swap)()
zip64(rewrite("zip64.pt", "dict.pth", lambda _, content: content), HERE / "zip64.pt")
rewrite("compressed.pt", "dict.pth", lambda _, content: content, zipfile.ZIP_DEFLATED)()

values = torch.tensor([[-2, -0.5, 0], [1, 1.5, 100]], dtype=torch.float64)
names = "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float32 float64".split()
types = {name: (values.abs() if name.startswith("u") else values).to(getattr(torch, name)) for name in names}
save("types.pt", types)
unsupported = {
    "complex64": torch.tensor([1 + 2j]),
    "float8_e4m3fn": torch.ones(1).to(torch.float8_e4m3fn),
    "conjugated": torch.tensor([1 + 2j]).conj().imag,
    "nested": [tensors["image"]],
    "text": "SDSS",
}
save("unsupported.pt", {**tensors, **unsupported})
save("subset.pt", Subset(TensorDataset(*tensors.values()), [0, 1]))
save("numpy.pt", {"image": arrays["image"]})
save("no-samples.pt", {name: tensor[:0].clone() for name, tensor in tensors.items()})
save("uneven.pt", {**tensors, "redshift": tensors["redshift"][:5].clone()})
save("scalar.pt", {**tensors, "redshift": tensors["redshift"][0].clone()})


class Malicious:
    def __reduce__(self):
        return (os.system, ("touch /tmp/starmap-was-here",))


save("malicious.pt", {"image": Malicious()})
program = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Identity()), program)
(HERE / "script.pt").write_bytes(program.getvalue())

# Tables: rows, and lists of one length as rows of a tensor.
lists = {name: array.reshape(SAMPLES, -1) if array.ndim > 1 else array for name, array in arrays.items()}
columns = {name: array.tolist() if array.ndim > 1 else array for name, array in lists.items()}
item = {"image": pa.list_(pa.float32()), "flux": pa.list_(pa.float64()), "redshift": pa.float32(), "id": pa.int64()}
table = pa.table({name: pa.array(values, item[name]) for name, values in columns.items()})
strict = pa.schema([pa.field(name, kind, nullable=False) for name, kind in item.items()])


def parquet(name, value, **options):
    pq.write_table(value, HERE / name, store_schema=False, **options)


parquet("snappy.parquet", table)
parquet("plain.parquet", table, compression="none", use_dictionary=False, row_group_size=5, data_page_size=64)
parquet("zstd-v2.parquet", table, compression="zstd", data_page_version="2.0", row_group_size=9)
parquet("gzip.parquet", table.cast(strict), compression="gzip", write_page_checksum=True)
parquet("brotli.parquet", table, compression="brotli", data_page_version="2.0", data_page_size=64)
encodings = {"id": "DELTA_BINARY_PACKED", "redshift": "BYTE_STREAM_SPLIT", "flux.list.element": "BYTE_STREAM_SPLIT"}
parquet("encodings.parquet", table, use_dictionary=False, column_encoding=encodings)
parquet("lz4.parquet", table, compression="lz4")
odd = {
    "f16": pa.array(np.arange(4, dtype=np.float16)),
    "u8": pa.array([0, 1, 254, 255], pa.uint8()),
    "i8": pa.array([-128, -1, 0, 127], pa.int8()),
    "u32": pa.array([0, 1, 2, 2**32 - 1], pa.uint32()),
    "u64": pa.array([0, 1, 2, 2**64 - 1], pa.uint64()),
    "flag": pa.array([True, False, False, True]),
    "same": pa.array([2.5] * 4),
    "gaps": pa.array([1.5, None, 2.5, None]),
    "int_gaps": pa.array([1, None, 2, 3]),
    "name": pa.array(["a", "b", "c", "d"]),
    "when": pa.array([0, 1, 2, 3], pa.timestamp("us")),
    "ragged": pa.array([[1.0], [2.0, 3.0], [4.0], [5.0]]),
    "shifted": pa.array([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0], [7.0, 8.0]]),
    "list_gaps": pa.array([[1.0, None], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]),
    "no_list": pa.array([[1.0, 2.0], None, [4.0, 5.0], [6.0, 7.0, 8.0]]),
    "nested": pa.array([[[1.0], [2.0]]] * 4),
    "position": pa.array([{"ra": float(i), "dec": 1.0} for i in range(4)]),
    "map": pa.array([[("a", 1.0)]] * 4, pa.map_(pa.string(), pa.float64())),
}
parquet("types.parquet", pa.table(odd), data_page_size=1)
parquet("types-v2.parquet", pa.table(odd), data_page_version="2.0", compression="zstd")
# Missing values, also in one row group only; then without statistics, which count them.
missing = {
    "whole": pa.array([1, None, 2**53, -3]),
    "late": pa.array([1, 2, 3, None], pa.int32()),
    "small": pa.array([None, -128, 127, 0], pa.int8()),
    "u64": pa.array([1, 2**63, None, 3], pa.uint64()),
    "flag": pa.array([True, None, False, True]),
    "none": pa.array([None] * 4, pa.int64()),
    "lists": pa.array([[1, None], [2, 3], [4, 5], [6, 7]], pa.list_(pa.int16())),
    "big": pa.array([1, 4, 2**53 + 1, None]),
    "name": pa.array(["a", None, "", "d"]),
}
parquet("missing.parquet", pa.table(missing), row_group_size=2)
parquet("missing-v2.parquet", pa.table(missing), data_page_version="2.0", use_dictionary=False)
parquet("missing-uncounted.parquet", pa.table(missing), write_statistics=False)
whole = {
    "late": pa.array([1, 2, 3, 4], pa.int32()),
    "flag": missing["flag"].fill_null(False),
    "lists": pa.array([[0, 1], [2, 3], [4, 5], [6, 7]], pa.list_(pa.int16())),
}
parquet("whole.parquet", pa.table(whole))
parquet("ids-missing.parquet", pa.table({"id": pa.array([7, None, 8, 9])}))
parquet("no-rows.parquet", table.slice(0, 0))

# CSV: one column per number. Integers and float32 in the digits that pyarrow gives them.
flat = {"id": arrays["id"], "redshift": arrays["redshift"]}
flat |= {f"flux_{i}": arrays["flux"][:, i] for i in range(3)}
pacsv.write_csv(pa.table(flat), HERE / "plain.csv")
with open(HERE / "windows.csv", "w", newline="") as file:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(flat)
    writer.writerows(zip(*(column.tolist() for column in flat.values())))

expected = {name: tensor.to(torch.float64).flatten().tolist() for name, tensor in types.items()}
(HERE / "expected.json").write_text(json.dumps({"types": expected}) + "\n")

# Many pages: of few values by a dictionary, of many by one that is given up in the middle, and of lists.
ROWS = 1_000
many = {
    "few": pa.array(np.arange(ROWS, dtype=np.int32) % 7),
    "many": pa.array(np.arange(ROWS, dtype=np.float32) / 3),
    "list": pa.array(np.arange(3 * ROWS, dtype=np.float64).reshape(ROWS, 3).tolist()),
    "gaps": pa.array([None if row % 5 == 0 else float(row) for row in range(ROWS)]),
}
pages = {"row_group_size": 400, "data_page_size": 200, "dictionary_pagesize_limit": 300, "write_batch_size": 16}
parquet("pages.parquet", pa.table(many), **pages)
parquet("pages-v2.parquet", pa.table(many), data_page_version="2.0", compression="none", **pages)
parquet("pages-lz4.parquet", pa.table(many), compression="lz4")
# Texts that begin alike, by their lengths and by what they have in common.
names = [None if row % 7 == 0 else f"SDSS J{row // 9:04}+{'galaxy' * (row % 5)}" for row in range(ROWS)]
texts = {"lengths": pa.array(names), "common": pa.array(names), "plain": pa.array(names)}
encodings = {"lengths": "DELTA_LENGTH_BYTE_ARRAY", "common": "DELTA_BYTE_ARRAY", "plain": "PLAIN"}
parquet("texts.parquet", pa.table(texts), use_dictionary=False, column_encoding=encodings, **pages)

# More columns than the partition tool keeps open.
wide = {f"c{column:02}": pa.array(np.arange(300, dtype=np.float32) + 1_000 * column) for column in range(24)}
parquet("wide.parquet", pa.table({"id": pa.array(np.arange(300)), **wide}), row_group_size=120)

# More columns side by side than have their pages in memory, by dictionaries and not, in pages too long to be kept there.
row = np.arange(20_000)
tall = {f"f{column}": ((row * (column + 1)) % 101).astype(np.float32) for column in range(17)}
tall["repeated"] = (row % 5_000) / 8
tall["text"] = pa.array([f"NGC {i % 700}" for i in row])
tall["gaps"] = pa.array([None if i % 7 == 0 else i % 50 for i in row.tolist()])
tall_pages = {"compression": "zstd", "row_group_size": 12_000, "data_page_size": 40_000}
parquet("side-by-side.parquet", pa.table(tall), **tall_pages)

# A stream of tables, some without rows, in which whole structs and integers are missing: under zstd and without
# dictionaries, so that integers begin at any byte of an uncompressed page.
stream = pa.table(
    {
        "id": pa.array([7, None, 9], pa.int64()),
        "small": pa.array([1, None, 3], pa.int32()),
        "position": pa.array([{"ra": 1.5, "field": 4}, None, {"ra": 2.5, "field": None}]),
        "lists": pa.array([[1.0, None], [2.0, 3.0], [4.0, 5.0]]),
    }
)
stream_options = {"compression": "zstd", "use_dictionary": False, "store_schema": False}
with pq.ParquetWriter(HERE / "streamed.parquet", stream.schema, **stream_options) as writer:
    for part in [stream.slice(0, 0), stream, stream.slice(0, 0), stream]:
        writer.write_table(part)

# Columns of one name, as a join leaves them, lists of records, and a column with the path of another as its name.
joined = [pa.array([1, 2]), pa.array([1.5, 2.5]), pa.array([3, 4]), pa.array([[{"x": 1.0, "y": 2.0}]] * 2)]
joined += [pa.array([{"flux": 1.0}, {"flux": 2.0}]), pa.array([5.0, 6.0])]
parquet("joined.parquet", pa.table(joined, names=["id", "ra", "ra", "peaks", "photo", "photo.flux"]))
