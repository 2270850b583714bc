"""Writes the HDF5 files of the format tests with h5py. The same arrays as make.py, from the safetensors file it wrote.

    python -m pip install numpy safetensors h5py
    python lambdas/testdata/formats/make-hdf5.py
"""
from pathlib import Path

import h5py
import numpy as np
from safetensors.numpy import load_file

HERE = Path(__file__).parent
arrays = load_file(HERE / "galaxies.safetensors")
SAMPLES = len(arrays["id"])


def create(name, **options):
    # Without times: the same bytes each time.
    return h5py.File(HERE / name, "w", track_order=False, **options)


with create("galaxies.h5") as file:
    for name, array in arrays.items():
        file[name] = array

# As pipelines write it: chunks that do not divide the rows, gzip, shuffle, checksums, big-endian, in groups.
with create("chunked.hdf5", libver="latest") as file:
    group = file.create_group("survey/dr17")
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    group.create_dataset("image", data=arrays["image"], chunks=(5, 2, 2, 4), **options)
    group.create_dataset("flux", data=arrays["flux"].astype(">f8"), chunks=(7, 3), **options)
    group.create_dataset("redshift", data=arrays["redshift"].astype(">f4"))
    group.create_dataset("id", data=arrays["id"], chunks=(23,), maxshape=(None,), compression="gzip")

values = np.array([[-2, -0.5, 0], [1, 1.5, 100]])
names = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64".split()
with create("types.h5") as file:
    for name in names:
        typed = (abs(values) if name.startswith("u") else values).astype(name)
        file[name] = typed
        file[f"big/{name}"] = typed.astype(np.dtype(name).newbyteorder(">"))
    file["bool"] = values.astype(bool)
    classes = {"star": 0, "galaxy": 1, "quasar": 2}
    file["class"] = np.array([0, 2, 1], dtype=h5py.enum_dtype(classes, basetype="u1"))
    file["big/class"] = np.array([0, 2, 1], dtype=h5py.enum_dtype(classes, basetype=">i4"))
    file["largest"] = np.array([2**64 - 1], dtype="u8")
    file["ascii"] = np.array([b"SDSS J0001", b"", b"x"])
    file["utf8"] = ["Große Magellansche Wolke", "α Cen", ""]
    file["alias"] = h5py.SoftLink("/float32")

with create("unsupported.h5") as file:
    file["id"] = arrays["id"]
    file["complex"] = np.ones(3, dtype="c8")
    file["fields"] = np.zeros(3, dtype=[("ra", "f8"), ("dec", "f8")])
    ragged = file.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("f4"))
    ragged[0], ragged[1] = [1], [1, 2]
    file["nothing"] = h5py.Empty("f4")
    file.create_dataset("lzf", data=np.arange(100), compression="lzf")
    file["words"] = np.array([[b"a", b"b"]])
    file["long"] = np.array([b"x" * 200])
    file["gone"] = h5py.SoftLink("/nowhere")
    file["passwords"] = h5py.ExternalLink("/etc/passwd", "/")
    layout = h5py.VirtualLayout((SAMPLES,), "i8")
    layout[:] = h5py.VirtualSource("galaxies.h5", "id", (SAMPLES,))
    file.create_virtual_dataset("virtual", layout)
    # Raw data in another file of the machine: a reader that follows it gives secrets away.
    space, kind = h5py.h5s.create_simple((64,)), h5py.h5t.NATIVE_UINT8
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_external(b"/etc/passwd", 0, 64)
    h5py.h5d.create(file.id, b"external", kind, space, settings)
    file.create_dataset("sparse", (1 << 40,), "u1", chunks=(1 << 20,))

with create("no-rows.h5") as file:
    for name, array in arrays.items():
        file[name] = array[:0]

with create("scalar.h5") as file:
    for name, array in arrays.items():
        file[name] = array
    file["epoch"] = 2000.0

# One chunk for all, as chunks=array.shape makes it: more than is read at a time. Of zeros, so that the file is small.
with create("one-chunk.h5") as file:
    sky = np.zeros((66 * 1024, 1024), np.uint8)
    sky[-1] = 1
    file.create_dataset("sky", data=sky, chunks=sky.shape, compression="gzip", compression_opts=9)

# Data sets in chunks of 12 MB, read side by side.
with create("side-by-side.h5") as file:
    for i in range(6):
        rows = np.full((12 * 1024, 1024), i, np.uint8)
        rows[-1] = 10 + i
        file.create_dataset(f"sky{i}", data=rows, chunks=rows.shape, compression="gzip", compression_opts=9)

# Chunks that are small parts of many rows, as h5py makes them by itself; they divide no axis.
with create("spread.h5") as file:
    row, channel, y, x = np.indices((460, 5, 18, 31), np.uint16, sparse=True)
    sky = row + 1_000 * channel + 100 * y + x
    options = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
    file.create_dataset("sky", data=sky, chunks=(225, 2, 4, 7), **options)
    file.create_dataset("flux", data=np.arange(400_000) // 100, chunks=(300_000,), **options)
    # More chunks than the reader looks up before it opens the file anew.
    file.create_dataset("ticks", data=np.arange(2_500, dtype=np.uint16), chunks=(2,))
    # 30 MB of each chunk's rows.
    file.create_dataset("wide", data=np.zeros((6_000, 5, 32, 32), np.uint8), chunks=(6_000, 1, 8, 8), **options)

# As many columns as a survey has, and beside them what is the same for all of its rows.
with create("survey.h5") as file:
    file["bands"] = np.array([354.3, 477.0, 623.1, 762.5, 913.4])
    for column in range(18):
        file[f"photo/c{column:02}"] = np.arange(SAMPLES, dtype=np.float32) + 1_000 * column

# With a block of another program before it, as MATLAB writes its files.
with create("user-block.h5", userblock_size=512) as file:
    file["id"] = arrays["id"]

# Integers of 12 bits, which the reader would take for the bytes that they lie in.
with create("nbit.h5") as file:
    kind = h5py.h5t.STD_I16LE.copy()
    kind.set_precision(12)
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_chunk((4,))
    settings.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_MANDATORY)
    counts = h5py.h5d.create(file.id, b"counts", kind, h5py.h5s.create_simple((4,)), settings)
    counts.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, -2, 3, -4], np.int16))
