/**
 * Memory that batches are received into, kept from batch to batch, partition to partition and invocation to invocation:
 * what is allocated anew for each batch would pile up until the garbage collector runs. It is shared memory, so that
 * the thread of the model reads a batch where it was received.
 */
export interface BatchMemory {
  /** The place of the next batch: there are two, used in turn. */
  turn(): number;
  /** At least `bytes` bytes under this name; what was given for the same name before is given again. */
  take(name: string, bytes: number): SharedArrayBuffer;
}

export function openBatchMemory(): BatchMemory {
  const buffers = new Map<string, SharedArrayBuffer>();
  let place = 0;
  return {
    turn() {
      place = 1 - place;
      return place;
    },
    take(name, bytes) {
      let buffer = buffers.get(name);
      if (!buffer || buffer.byteLength < bytes) {
        buffer = new SharedArrayBuffer(bytes);
        buffers.set(name, buffer);
      }
      return buffer;
    },
  };
}
