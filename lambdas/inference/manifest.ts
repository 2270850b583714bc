import { type ModelPackage, modelPackage } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';

/**
 * Parses `model.json`.
 * @throws ModelInvalid naming each field that is wrong.
 */
export function parseManifest(key: string, json: string): ModelPackage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Failure('ModelInvalid', `${key}: not JSON (${(error as Error).message})`, { cause: error });
  }
  const parsed = modelPackage.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
  throw new Failure('ModelInvalid', `${key}: ${fields.join('; ')}`);
}
