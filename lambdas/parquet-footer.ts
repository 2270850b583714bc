import type { KeyValue, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

/** What a parquet file ends with: it tells where its row groups lie. */
export interface ParquetFooter {
  add(group: RowGroup): void;
  /**
   * Appends it to the file, with its length and the mark of the end.
   * @param metadata what the file says about itself.
   */
  appendTo(file: ByteWriter, metadata: KeyValue[]): void;
}

/** `PAR1`, which a file also begins with. */
const MARK = 0x31524150;
/** The bytes of a footer's length. */
const LENGTH_BYTES = 4;
/** Thrift's compact protocol: a list of structs begins with their number and this type, where it is long with 15. */
const STRUCT = 12;
const LONG_LIST = 15;
const EMPTY_GROUP: RowGroup = { columns: [], total_byte_size: 0n, num_rows: 0n };

/**
 * A footer whose row groups are encoded one by one. The library encodes all of them at once, out of objects: of a thousand
 * groups those take 25 MB, the bytes a few hundred KB. What it writes of one group lies between what it writes of none.
 * Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift (FileMetaData) in
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export function parquetFooter(schema: SchemaElement[]): ParquetFooter {
  const groups = new ByteWriter();
  let count = 0;
  let rows = 0n;

  const encode = (rowGroups: RowGroup[], metadata?: KeyValue[]): Uint8Array => {
    const encoded = new ByteWriter();
    const about = { version: 2, created_by: 'starmap', schema, num_rows: rows, key_value_metadata: metadata };
    // The library encodes what it is given: a length of the metadata is none of it, though its type has one.
    writeMetadata(encoded, { ...about, row_groups: rowGroups } as Parameters<typeof writeMetadata>[1]);
    return encoded.getBytes().subarray(0, -LENGTH_BYTES);
  };
  /** The footer's bytes before and after the list of its row groups. */
  const around = (metadata?: KeyValue[]) => {
    const none = encode([], metadata);
    const at = encode([EMPTY_GROUP], metadata).findIndex((byte, i) => byte !== none[i]);
    return { before: none.subarray(0, at), after: none.subarray(at + 1) };
  };

  return {
    add(group) {
      const { before, after } = around();
      groups.appendBytes(encode([group]).subarray(before.length + 1, -after.length));
      rows += group.num_rows;
      count++;
    },
    appendTo(file, metadata) {
      const { before, after } = around(metadata);
      const start = file.offset;
      file.appendBytes(before);
      file.appendUint8((Math.min(count, LONG_LIST) << 4) | STRUCT);
      if (count >= LONG_LIST) file.appendVarInt(count);
      file.appendBytes(groups.getBytes());
      file.appendBytes(after);
      file.appendUint32(file.offset - start);
      file.appendUint32(MARK);
    },
  };
}
