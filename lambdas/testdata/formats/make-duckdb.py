"""Writes the Parquet file that pyarrow cannot write: unsigned integers as differences, with DuckDB.

    python -m pip install duckdb
    python lambdas/testdata/formats/make-duckdb.py
"""
from pathlib import Path

import duckdb

path = Path(__file__).parent / "differences.parquet"
# The first value is beyond a signed integer of 32 bits, the others lie on both sides of that.
rows = "select (3000000000 + 7 * i - 500000000 * (i % 5))::uinteger as count, (i % 2 = 0) as even from range(2000) t(i)"
duckdb.sql(f"copy ({rows}) to '{path}' (format parquet, parquet_version v2, codec zstd)")
