import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../failure.ts';
import type { Numbers } from './tensor-data.ts';

/** A tensor as the functions of a script get and give it: row-major. Names of samples are strings. */
export interface ScriptTensor {
  type: string;
  data: Numbers | string[];
  dims: number[];
}
export type ScriptTensors = Record<string, ScriptTensor>;

/** What a function of a script is told of its batch. */
export interface ScriptContext {
  /** Of the item, from 0. */
  rank: number;
  /** Key of the partition file. */
  file: string;
  /** Row of the file that the batch begins with, and how many it has. */
  firstRow: number;
  rows: number;
}

/** The functions of a package's script; what they return has not been looked at. */
export interface ModelScript {
  /** File name, for messages. */
  file: string;
  preprocess: ((tensors: ScriptTensors, context: ScriptContext) => Promise<Record<string, unknown>>) | undefined;
  postprocess:
    | ((
        outputs: ScriptTensors,
        context: ScriptContext & { tensors: ScriptTensors },
      ) => Promise<Record<string, unknown>>)
    | undefined;
}

/**
 * Loads the script of a model package: an ES module of one file, which may import what Node brings. It is the user's own
 * code and runs with the rights of this process.
 * @param key begins the messages, such as `models/x/steps.mjs`.
 * @throws ModelInvalid where it is no module, or exports neither function.
 */
export async function loadScript(key: string, bytes: Uint8Array): Promise<ModelScript> {
  const file = key.slice(key.lastIndexOf('/') + 1);
  const exported = await importModule(key, file, bytes);
  const functions = { preprocess: exported.preprocess, postprocess: exported.postprocess };
  const others = Object.keys(exported);
  if (!functions.preprocess && !functions.postprocess) {
    const what = others.length > 0 ? `exports ${others.join(', ')}` : 'exports nothing';
    throw new Failure('ModelInvalid', `${key}: it ${what}; it must export preprocess, postprocess or both`);
  }
  for (const [name, value] of Object.entries(functions))
    if (value !== undefined && typeof value !== 'function')
      throw new Failure('ModelInvalid', `${key}: ${name} is a ${typeof value}; it must be a function`);
  const wrap = (name: keyof typeof functions) => {
    const call = functions[name] as ((...args: unknown[]) => unknown) | undefined;
    return call && ((given: ScriptTensors, context: ScriptContext) => guarded(file, name, call, given, context));
  };
  return { file, preprocess: wrap('preprocess'), postprocess: wrap('postprocess') };
}

async function importModule(key: string, file: string, bytes: Uint8Array): Promise<Record<string, unknown>> {
  // A file, so that errors name its lines; always .mjs, so that Node takes it for an ES module.
  const folder = await mkdtemp(path.join(tmpdir(), 'starmap-script-'));
  const place = path.join(folder, file.replace(/\.js$/, '.mjs'));
  try {
    await writeFile(place, bytes);
    return await import(pathToFileURL(place).href);
  } catch (error) {
    const message = `${key}: it cannot be loaded: ${wordsOf(error, file)}`;
    throw new Failure('ModelInvalid', message, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function guarded(
  file: string,
  name: string,
  call: (...args: unknown[]) => unknown,
  given: ScriptTensors,
  context: ScriptContext,
): Promise<Record<string, unknown>> {
  let returned: unknown;
  try {
    returned = await call(given, context);
  } catch (error) {
    throw scriptFailure(file, name, context, wordsOf(error, file), error);
  }
  if (typeof returned === 'object' && returned !== null && !Array.isArray(returned) && !ArrayBuffer.isView(returned))
    return Object.fromEntries(returned instanceof Map ? returned : Object.entries(returned));
  const wanted = name === 'preprocess' ? 'tensors by input name' : 'values by column';
  throw scriptFailure(file, name, context, `it returned ${kindOf(returned)}; it must return an object of ${wanted}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  // Only arrays of numbers are left of the objects.
  return `a ${typeof value === 'object' ? value.constructor.name : typeof value}`;
}

/** An error in a script, which names the file of the data, the script, the function and the rows. */
export function scriptFailure(file: string, name: string, at: ScriptContext, what: string, cause?: unknown): Failure {
  const rows = `rows ${at.firstRow} to ${at.firstRow + at.rows - 1}`;
  return new Failure('ScriptFailed', `${at.file}: ${name} of ${file} failed on ${rows}: ${what}`, { cause });
}

/** The error's own words, and where in the script it was thrown. */
function wordsOf(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const stem = file.replace(/\.m?js$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const place = new RegExp(`/${stem}\\.mjs:(\\d+)(?::(\\d+))?`).exec(error.stack ?? '');
  const line = place ? ` (${file}:${place[1]}${place[2] ? `:${place[2]}` : ''})` : '';
  return `${error.name}: ${error.message}${line}`;
}
