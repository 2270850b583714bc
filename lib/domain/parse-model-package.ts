import type * as z from 'zod';
import { type ModelPackage, modelPackage } from './model-package.ts';
import { nearestWord } from './nearest-word.ts';

/** Something in model.json that has to be changed. */
export interface ModelProblem {
  /** Dotted path, such as `inputs.0.crop`; empty for the file as a whole. */
  field: string;
  message: string;
}

export type ParsedModelPackage =
  | { value: ModelPackage; problems?: never }
  | {
      value?: never;
      problems: ModelProblem[];
      /** What the package calls itself, where that much can be read. */
      name: string | null;
    };

/** Parses the text of a model.json, or says everything that is wrong with it. */
export function parseModelPackage(text: string): ParsedModelPackage {
  let json: unknown;
  try {
    // Editors of Windows begin a file with a mark of its encoding.
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { problems: [{ field: '', message: `not JSON (${(error as Error).message})` }], name: null };
  }
  const parsed = modelPackage.safeParse(json, { error: plainMessage });
  if (parsed.success) return { value: parsed.data };
  const named = modelPackage.shape.name.safeParse((json as { name?: unknown } | null)?.name);
  return {
    problems: parsed.error.issues.flatMap((issue) => problemsOf(issue)),
    name: named.data ?? null,
  };
}

/** `inputs.0.crop: …; outputs: …` */
export const listProblems = (problems: ModelProblem[]): string =>
  problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');

/** Words where zod's own do not say what to do. */
const plainMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing';
    const article = /^[aeio]/.test(issue.expected) ? 'an' : 'a';
    return `must be ${article} ${issue.expected}, not ${JSON.stringify(issue.input)?.slice(0, 60)}`;
  }
  if ((issue.code === 'too_small' || issue.code === 'too_big') && Array.isArray(issue.input)) {
    const size = issue.code === 'too_small' ? issue.minimum : issue.maximum;
    return size === 1
      ? 'must have at least one'
      : `must be a list of ${size}, not ${JSON.stringify(issue.input).slice(0, 60)}`;
  }
  if (issue.code === 'too_small' && issue.origin === 'string') return 'must not be empty';
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((value) => JSON.stringify(value));
    const near = typeof issue.input === 'string' && nearestWord(issue.input, issue.values.map(String));
    const hint = near ? `; did you mean "${near}"?` : '';
    if (issue.input === undefined)
      return `is missing; it must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}`;
    return `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}, not ${JSON.stringify(issue.input)}${hint}`;
  }
  if (issue.code === 'invalid_union') return `${JSON.stringify(issue.input)} is not allowed here`;
  return undefined;
};

function problemsOf(issue: z.core.$ZodIssue): ModelProblem[] {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(issue.path);
    return issue.keys.map((key) => {
      const near = nearestWord(key, known);
      const hint = near ? `did you mean "${near}"?` : `known are: ${known.join(', ')}`;
      return { field: [...at, key].join('.'), message: `unknown field; ${hint}` };
    });
  }
  if (issue.code === 'invalid_union') return [{ field: at.join('.'), message: unionMessage(issue) }];
  return [{ field: at.join('.'), message: issue.message }];
}

/** All unions of the schema are "one, or a list of them": the words of the list where a list was given. */
function unionMessage({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const [one, list] = errors;
  const inList = list?.find(({ path }) => path.length > 0);
  return inList ? `value ${String(inList.path[0])}: ${inList.message}` : `${one?.[0]?.message}, or a list`;
}

/** Names of the fields that the schema knows at a path. */
function fieldsAt(path: PropertyKey[]): string[] {
  const { inputs, outputs, truth } = modelPackage.shape;
  const [first, , third] = path;
  const element = { inputs, outputs, truth: truth.def.innerType }[String(first)]?.def.element;
  if (!element) return Object.keys(modelPackage.shape);
  if (third === 'layout') return ['from', 'to'];
  return Object.keys(element.shape);
}
