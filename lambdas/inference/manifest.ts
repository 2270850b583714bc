import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { listProblems, parseModelPackage } from '../../lib/domain/parse-model-package.ts';
import { Failure } from '../failure.ts';

/**
 * Parses `model.json`.
 * @throws ModelInvalid naming each field that is wrong.
 */
export function parseManifest(key: string, json: string): ModelPackage {
  const { value, problems } = parseModelPackage(json);
  if (value) return value;
  throw new Failure('ModelInvalid', `${key}: ${listProblems(problems)}`);
}
