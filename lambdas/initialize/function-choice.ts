import * as z from 'zod';
import { Failure } from '../failure.ts';

const environment = z.object({
  INFERENCE_FUNCTIONS: z.preprocess((text) => JSON.parse(String(text)), z.record(z.string(), z.string())),
  DEFAULT_MEMORY_MB: z.coerce.number(),
});

/**
 * The inference function of this memory size; each size is a function of its own, because Lambda configures memory per
 * function.
 * @throws UnknownMemorySize naming the sizes there are.
 */
export function chooseFunction(memoryMb: number | undefined, env: Record<string, string | undefined> = process.env) {
  const { INFERENCE_FUNCTIONS: functions, DEFAULT_MEMORY_MB: defaultMb } = environment.parse(env);
  const wantedMb = memoryMb ?? defaultMb;
  const arn = functions[wantedMb];
  if (arn !== undefined) return { memoryMb: wantedMb, arn };
  const sizes = Object.keys(functions).join(', ');
  throw new Failure(
    'UnknownMemorySize',
    `memory_mb: no inference function with ${wantedMb} MB is deployed; choose one of ${sizes}.`,
  );
}
