import { rmSync } from 'node:fs';
import { allAsOutputs, type OnnxModel } from '../onnx/graph.ts';
import { saveModel } from '../onnx/save-model.ts';
import type { OnnxFile, OrtSessions } from './ort-session.ts';

/**
 * Tells a model the shapes of the floats between its nodes. ONNX Runtime infers them, but writes those only that the exporter
 * has written: PyTorch's older one writes none, and no rule for images or tokens would apply. Of outputs it says them, so all
 * values are outputs for once.
 * @param file is written, and deleted again.
 */
export async function inferShapes(sessions: OrtSessions, model: OnnxModel, file: OnnxFile): Promise<void> {
  const { graph } = model;
  if (graph.nodes.every(({ outputs }) => outputs.every((value) => graph.shapes.has(value)))) return;
  saveModel(allAsOutputs(model), file.onnxFile);
  const plain = { options: { graphOptimizationLevel: 'disabled' }, session: { disable_prepacking: '1' } } as const;
  const session = await sessions.create(file, 1, plain);
  for (const meta of session.outputMetadata) {
    if (!meta.isTensor || meta.type !== 'float32' || graph.outputs.has(meta.name)) continue;
    // So it describes what has an unknown number of dimensions, too.
    if (meta.shape.length === 0) continue;
    graph.shapes.set(
      meta.name,
      meta.shape.map((dim) => (dim === '' ? undefined : dim)),
    );
  }
  await session.release();
  rmSync(file.onnxFile);
}
