// The yardstick: ONNX Runtime alone over partition files on disk, in a process of its own. No S3, no state machine, no
// Lambda, nothing written. Prints one JSON line: wall time from the first file's open to the last batch, and of the model loop.
//   node bench/raw-onnx.ts <folder> <model.onnx> <batch size> <threads> [<every nth file> <offset>]
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [folder, model, batchText, threadsText, strideText = '1', offsetText = '0'] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string?,
  string?,
];
const batchSize = Number(batchText);
const session = await InferenceSession.create(model, { intraOpNumThreads: Number(threadsText), interOpNumThreads: 1 });
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.safetensors'))
  .sort()
  .filter((_, index) => index % Number(strideText) === Number(offsetText));

const startedAt = performance.now();
let samples = 0;
let modelMs = 0;
for (const file of files) {
  const bytes = readFileSync(path.join(folder, file));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString()) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const tensor = (name: string) => {
    const entry = header[name];
    if (!entry) throw new Error(`${file} has no tensor ${name}`);
    const begin = bytes.byteOffset + 8 + headerBytes + entry.data_offsets[0];
    const aligned =
      begin % 4 === 0 ? bytes.buffer : bytes.buffer.slice(begin, begin + entry.data_offsets[1] - entry.data_offsets[0]);
    const data = new Float32Array(
      aligned,
      begin % 4 === 0 ? begin : 0,
      (entry.data_offsets[1] - entry.data_offsets[0]) / 4,
    );
    return { data, shape: entry.shape };
  };
  const image = tensor('image');
  const magnitude = tensor('magnitude');
  const count = image.shape[0] as number;
  const imageLength = image.data.length / count;
  const magnitudeLength = magnitude.data.length / count;
  for (let from = 0; from < count; from += batchSize) {
    const to = Math.min(count, from + batchSize);
    const feeds = {
      image: new Tensor('float32', image.data.subarray(from * imageLength, to * imageLength), [
        to - from,
        ...image.shape.slice(1),
      ]),
      magnitude: new Tensor('float32', magnitude.data.subarray(from * magnitudeLength, to * magnitudeLength), [
        to - from,
        ...magnitude.shape.slice(1),
      ]),
    };
    const began = performance.now();
    await session.run(feeds);
    modelMs += performance.now() - began;
  }
  samples += count;
}
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ samples, wallMs: performance.now() - startedAt, modelMs, rssMb: rss / 1e6 }));
process.exit(0);
