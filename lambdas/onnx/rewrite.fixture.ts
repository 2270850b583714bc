import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type OnnxModel, readModel, writeModel } from './graph.ts';
import { rewriteModel } from './rewrite.ts';

// Networks as PyTorch exports them, and what it answered (testdata/rewriting/make.py).

export const testdata = (name: string) => new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
export const network = testdata('rewriting/network.onnx');
export const attention = testdata('rewriting/attention.onnx');
export const branches = testdata('rewriting/branches.onnx');
export const rewritten = (graph = network, isPacked = true) => {
  const model = rewriteModel(readModel(graph), isPacked);
  if (!model) throw new Error('nothing was rewritten');
  return model;
};
/** What PyTorch was given, and what it answered. */
export const rows = readRows(testdata('rewriting/rows.safetensors'));
export const tokens = readRows(testdata('rewriting/tokens.safetensors'));
export const images = readRows(testdata('rewriting/branches.safetensors'));

function readRows(file: Uint8Array) {
  const length = Number(Buffer.from(file).readBigUInt64LE(0));
  const header = JSON.parse(Buffer.from(file).toString('utf8', 8, 8 + length));
  const tensor = (name: string) => {
    const [start, end] = header[name].data_offsets;
    return new Float32Array(file.slice(8 + length + start, 8 + length + end).buffer);
  };
  return { image: new Tensor('float32', tensor('image'), header.image.shape), expected: tensor('y') };
}

export async function answers(model: Uint8Array, { image } = rows): Promise<Float32Array> {
  const session = await InferenceSession.create(model);
  try {
    const { y } = await session.run({ image });
    return y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

export const written = (model: OnnxModel) => new Uint8Array(Buffer.concat(writeModel(model)));
export const farthest = (values: Float32Array, { expected } = rows) =>
  Math.max(...expected.map((value, i) => Math.abs(value - (values[i] ?? Number.NaN))));
