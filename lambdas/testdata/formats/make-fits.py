"""Writes the FITS files of the format tests with astropy. The arrays of make.py, from the safetensors file
that it wrote, and every type that FITS has.

    python -m pip install numpy safetensors astropy
    python lambdas/testdata/formats/make-fits.py
    npm run format
"""

import json
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from safetensors.numpy import load_file

HERE = Path(__file__).parent
SAMPLES = 23
arrays = load_file(HERE / "galaxies.safetensors")
expected = {}


def write(name, *hdus):
    fits.HDUList(list(hdus)).writeto(HERE / name, overwrite=True, output_verify="exception")


def listed(array):
    """Numbers as JSON has them: integers as text with every digit, null for NaN, text as it is."""
    flat = np.asarray(array).ravel()
    if flat.dtype.kind == "f":
        return [None if np.isnan(value) else float(value) for value in flat]
    return [str(value) for value in flat] if flat.dtype.kind in "iu" else flat.tolist()


def tensor(array):
    """Type and shape beside the numbers."""
    dtype = "text" if array.dtype.kind == "U" else array.dtype.newbyteorder("=").name
    shape = list(array.shape) + ([128] if dtype == "text" else [])
    return {"dtype": dtype, "shape": shape, "values": listed(array)}


def column(name, form, array, **options):
    return fits.Column(name=name, format=form, array=array, **options)


def table(columns, name=None):
    return fits.BinTableHDU.from_columns(columns, name=name)


def image(array, name=None, **keywords):
    """An image whose stored numbers are these, whatever they stand for."""
    hdu = fits.ImageHDU(array, name=name)
    for keyword, value in keywords.items():
        hdu.header[keyword] = value
    return hdu


def galaxies(count):
    return [
        column("image", "32E", arrays["image"][:count].reshape(count, 32), dim="(4,4,2)"),
        column("flux", "3D", arrays["flux"][:count]),
        column("redshift", "E", arrays["redshift"][:count]),
        column("id", "K", arrays["id"][:count]),
    ]


# As people have them: images in the primary part, their numbers in a table; or all in a table.
primary = fits.PrimaryHDU(arrays["image"])
for line in range(60):  # A header of several blocks.
    primary.header["HISTORY"] = f"END of step {line}"
write("galaxies.fits", primary, table(galaxies(SAMPLES)[1:], "GALAXIES"))
write("table.fits", fits.PrimaryHDU(), table(galaxies(SAMPLES), "GALAXIES"))
write("no-rows.fits", fits.PrimaryHDU(), table(galaxies(0), "GALAXIES"))
expected["galaxies.fits"] = {name: tensor(array) for name, array in arrays.items()}

# Images of every type, with the extremes of each.
names = "uint8 int16 int32 int64 float32 float64 int8 uint16 uint32 uint64".split()


def extremes(name):
    dtype = np.dtype(name)
    if dtype.kind == "f":
        values = [-2.5, 0, np.finfo(dtype).max, 1e-30, np.nan, 1 / 3]
    else:
        values = [np.iinfo(dtype).min, 0, 1, 2, 100, np.iinfo(dtype).max]
    return np.array(values, dtype=dtype).reshape(2, 3)


hdus = [fits.PrimaryHDU(extremes("float32"))] + [image(extremes(name), name.upper()) for name in names]
hdus += [image(extremes("int16")), image(extremes("int16"), "INT16"), image(None, "NOTHING")]
hdus += [image(np.arange(5, dtype=np.uint8), "It's a very long name " * 5)]
write("images.fits", *hdus)
hdus = [fits.PrimaryHDU()]
for name in "uint8 int16 int32 int64 float32 float64".split():
    hdus.append(image(extremes(name), f"scaled_{name}", BSCALE=0.1, BZERO=1.7))
    if name.startswith("float"):
        continue
    hdus.append(image(extremes(name), f"blank_{name}", BLANK=2))
    hdus.append(image(extremes(name), f"scaled_blank_{name}", BLANK=100, BSCALE=-3.3))
write("scaled.fits", *hdus)


def reread(name):
    """Every image and column as astropy reads it, by the names that they have here."""
    found = {}
    with fits.open(HERE / name, memmap=False) as hdus:
        for index, hdu in enumerate(hdus):
            if isinstance(hdu, fits.BinTableHDU):
                extension = hdu.name or f"hdu_{index}"
                for title in hdu.columns.names:
                    found[title if title not in found else f"{extension}.{title}"] = np.asarray(hdu.data[title])
            elif hdu.data is not None:
                own = hdu.header.get("EXTNAME", "image" if index == 0 else f"hdu_{index}")
                found[own if own not in found else f"hdu_{index}"] = hdu.data
    return {title: tensor(array) for title, array in found.items()}


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # The largest float32 is scaled beyond its range.
    expected |= {name: reread(name) for name in ["images.fits", "scaled.fits"]}

# Columns of every type.
texts = ["NGC 1300", "M 31", "", " it's", "a much longer name"]
integers = {"B": "uint8", "I": "int16", "J": "int32", "K": "int64"}
columns = [
    column("name", "18A", np.array(texts)),
    column("flag", "L", np.array([True, False, True, True, False])),
    column("flags", "2L", np.array([[True, False], [False, False], [True, True], [False, True], [True, False]])),
    column("flux", "2E", np.array([[0.5, np.nan]] * 5, np.float32)),
    column("one", "1D", np.arange(5) / 3, dim="(1)"),
    column("matrix", "6I", np.arange(30, dtype=np.int16).reshape(5, 3, 2), dim="(2,3)"),
    column("UINT16", "I", np.array([0, 1, 2**15, 2**15 + 1, 2**16 - 1], np.uint16), bzero=2**15),
    column("UINT32", "J", np.array([0, 1, 2**31, 2**31 + 1, 2**32 - 1], np.uint32), bzero=2**31),
    column("UINT64", "K", np.array([0, 1, 2**63, 2**63 + 1, 2**64 - 1], np.uint64), bzero=2**63),
    column("int8", "B", np.array([-128, -1, 0, 1, 127]), bzero=-128),
]
for code, name in integers.items():
    values = extremes(name).ravel()[1:]
    columns.append(column(name, code, values))
    columns.append(column(f"null_{name}", code, values, null=2))
    columns.append(column(f"scaled_{name}", code, values, null=100))
columns.append(column("full_int64", "K", extremes("int64").ravel()[1:], null=-1))
columns.append(column("scaled_float32", "E", np.arange(5, dtype=np.float32) / 7))
types = table(columns, "TYPES")
for number, title in enumerate(types.columns.names, 1):
    if title.startswith("scaled_"):
        # astropy cannot read 64-bit integers with a zero of 1.
        types.header.update({f"TSCAL{number}": 0.5, f"TZERO{number}": 0 if title == "scaled_int64" else 1})
second = table([column("name", "3A", np.array(["a", "b"])), column("flux", "E", np.array([1, 2], np.float32))], "SKY")
third = table([column("flux", "E", np.array([3], np.float32)), column("other", "E", np.array([4], np.float32))])
write("columns.fits", fits.PrimaryHDU(), types, second, third)
expected["columns.fits"] = reread("columns.fits")
# astropy leaves the missing values of a table to the reader, and makes floats of signed bytes.
for title, entry in expected["columns.fits"].items():
    if title == "int8":
        entry |= {"dtype": "int8", "values": [str(int(value)) for value in entry["values"]]}
    if title.startswith("scaled_") and title != "scaled_float32":
        entry["values"] = [None if value in (50, 51) else value for value in entry["values"]]
    if title.startswith("null_") and title != "null_int64":
        values = [None if value == "2" else float(value) for value in entry["values"]]
        entry |= {"dtype": "float64" if title == "null_int32" else "float32", "values": values}

# What is refused. Bits are written from a column of booleans.
odd = [
    column("bits", "11X", np.ones((2, 11), bool)),
    column("complex64", "C", np.array([1j, 2], np.complex64)),
    column("complex128", "M", np.array([1j, 2])),
    column("ragged", "PE()", np.array([np.ones(2, np.float32), np.ones(3, np.float32)], object)),
    column("ragged64", "QJ()", np.array([np.ones(2, np.int32), np.ones(1, np.int32)], object)),
    column("words", "6A", np.array([["abc", "def"], ["g", "h"]]), dim="(3,2)"),
    column("long", "130A", np.array(["short", "x" * 129])),
    column("empty", "0E", np.zeros((2, 0), np.float32)),
    column("good", "E", np.array([1, 2], np.float32)),
]
ascii_table = fits.TableHDU.from_columns([column("magnitude", "F8.3", np.array([1.5, 2.5]))], name="ASCII")
tiles = fits.CompImageHDU(np.arange(64, dtype=np.int16).reshape(8, 8), name="TILES")
unsigned_blank = image(np.array([1, 2**15 + 5], np.uint16), "UNSIGNED_BLANK", BLANK=5)
write("unsupported.fits", fits.PrimaryHDU(), table(odd, "ODD"), ascii_table, tiles, unsigned_blank)
write("only-header.fits", fits.PrimaryHDU())
packed = [fits.CompImageHDU(np.arange(64, dtype=np.int16).reshape(8, 8), name=name) for name in ("SKY", None, "MASK")]
write("compressed.fits", fits.PrimaryHDU(), *packed)
groups = fits.GroupData(np.ones((2, 1, 3), np.float32), bitpix=-32, parnames=["u"], pardata=[np.ones(2)])
write("groups.fits", fits.GroupsHDU(groups))

# A table of astropy with missing values: it writes the unsigned one that stands for them, not what it is stored as.
masked = Table()
for name in ["uint16", "uint32", "uint64"]:
    masked[name] = MaskedColumn(np.array([5, 6, 7], name), mask=[False, True, False], fill_value=999)
masked.write(HERE / "masked.fits", overwrite=True)

# More columns than the partition tool keeps open, as surveys have them, of every width.
row = np.arange(SAMPLES)
kinds = "float32 float64 int16 int32 int64".split()
survey = Table({f"c{i:02}": ((i + 1) * 1_000 + row).astype(kinds[i % 5]) for i in range(20)})
survey.write(HERE / "survey.fits", overwrite=True)

# What identifies a sample in the tables of surveys: several numbers, of more digits than a float64 has, and a name.
objects = Table({"name": ["NGC 1300", "M 31"], "objid": np.array([2**60 + 1, 2**60 + 2])})
objects["specobjid"] = np.array([2**63 + 1, 2**63 + 2], np.uint64)
objects["x"] = np.array([1, 2], np.float32)
objects.write(HERE / "objects.fits", overwrite=True)

(HERE / "expected-fits.json").write_text(json.dumps(expected) + "\n")
