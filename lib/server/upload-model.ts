import { randomUUID } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  copyObject,
  deleteObjects,
  listObjects,
  maybeHeadObject,
  maybeReadText,
  putObject,
  uploadObject,
} from '../aws/objects.ts';
import { connection } from '../connection.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { MODEL_MANIFEST, MODELS_PREFIX } from '../domain/keys.ts';
import { isUsable, type ModelCheck } from '../domain/model-check.ts';
import { packageFiles } from '../domain/model-package.ts';
import { MAX_WEIGHTS_BYTES, type ModelUploadRequest, planModelUpload } from '../domain/model-upload.ts';
import { parseModelPackage } from '../domain/parse-model-package.ts';
import { checkModel } from './check-model.ts';
import { modelInUse } from './in-use.ts';

/** Where files wait until the package is whole and has been checked; a folder in which no model.json lies itself. */
const INCOMING_PREFIX = `${MODELS_PREFIX}.incoming/`;
/** Files of uploads that nobody finished are deleted after this time. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/**
 * Begins an upload: checks model.json and the list of files and stores model.json where nothing looks for packages.
 * @returns the id of the upload; a name that is taken is `fieldErrors.name`, unless it may be replaced
 */
export async function beginModelUpload(request: ModelUploadRequest): Promise<ActionResult<{ uploadId: string }>> {
  const { problems } = planModelUpload(request);
  if (Object.keys(problems).length > 0) return refuse(problems);
  const taken = await nameProblem(request.name, request.replace);
  if (taken) return refuse({ name: taken });
  await deleteAbandoned();
  const uploadId = randomUUID();
  const { bucket } = connection();
  await putObject(bucket, `${folderOf(uploadId)}/${MODEL_MANIFEST}`, request.manifest, 'application/json');
  return { ok: true, value: { uploadId } };
}

/**
 * Stores one file of an upload as it arrives, in parts; a body that breaks off leaves nothing.
 * @param sizeBytes as announced; a body of another length is refused.
 */
export async function receiveModelFile(
  uploadId: string,
  file: string,
  body: Readable,
  sizeBytes: number,
): Promise<ActionResult<null>> {
  const { bucket } = connection();
  const manifest = isUploadId(uploadId)
    ? await maybeReadText(bucket, `${folderOf(uploadId)}/${MODEL_MANIFEST}`)
    : undefined;
  const described = manifest === undefined ? undefined : parseModelPackage(manifest).value;
  if (!described) return refuse({ files: 'This upload is not going on any more. Begin again.' });
  if (!packageFiles(described).includes(file)) return refuse({ files: `model.json does not name ${file}.` });
  if (sizeBytes > MAX_WEIGHTS_BYTES) return refuse({ files: `${file} is larger than 2 GiB.` });
  const whole = wholeBody(file, sizeBytes);
  const stored = uploadObject(bucket, `${folderOf(uploadId)}/${file}`, whole);
  // The one that fails first ends the other.
  await Promise.all([pipeline(body, whole), stored.catch((error: Error) => void whole.destroy(error))]);
  await stored;
  return { ok: true, value: null };
}

/**
 * Ends an upload: the package is checked where it waits; without errors it takes its final place, model.json last.
 * @returns what the check found, and the id of the package, null where it was not installed
 */
export async function finishModelUpload(
  uploadId: string,
  name: string,
  replace: boolean,
): Promise<ActionResult<{ id: string | null; check: ModelCheck }>> {
  if (!isUploadId(uploadId)) return refuse({ files: 'This upload is not going on any more. Begin again.' });
  const { bucket } = connection();
  const from = folderOf(uploadId);
  const checked = await checkModel({ model: { id: `${bucket}/${from}` } });
  if (!checked.ok) return checked;
  const check = checked.value;
  if (!isUsable(check)) {
    await cancelModelUpload(uploadId);
    return { ok: true, value: { id: null, check } };
  }
  return inTurn(name, async () => {
    const taken = await nameProblem(name, replace);
    // The next attempt is an upload of its own.
    if (taken) await cancelModelUpload(uploadId);
    return taken ? refuse({ name: taken }) : { ok: true, value: { id: await takePlace(uploadId, name), check } };
  });
}

/** Puts an upload where packages lie, model.json last. @returns the id of the package. */
async function takePlace(uploadId: string, name: string): Promise<string> {
  const { bucket } = connection();
  const from = folderOf(uploadId);
  const to = `${MODELS_PREFIX}${name}`;
  const files = await filesOf(bucket, from);
  const before = await filesOf(bucket, to);
  for (const file of [...files.filter((each) => each !== MODEL_MANIFEST), MODEL_MANIFEST])
    await copyObject(bucket, `${from}/${file}`, `${to}/${file}`);
  await deleteFiles(
    bucket,
    to,
    before.filter((file) => !files.includes(file)),
  );
  await deleteFiles(bucket, from, files);
  return `${bucket}/${to}`;
}

/** Next loads modules more than once in one process: what is under way is kept where all copies find it. */
const shared = globalThis as typeof globalThis & { __starmapModelsPlaced?: Map<string, Promise<unknown>> };

/** Work on one name after the other: of two uploads that end together the second must see the first. */
async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  shared.__starmapModelsPlaced ??= new Map();
  const placed = shared.__starmapModelsPlaced;
  const mine = (placed.get(name) ?? Promise.resolve()).then(work, work);
  placed.set(name, mine);
  try {
    return await mine;
  } finally {
    if (placed.get(name) === mine) placed.delete(name);
  }
}

/** Gives an upload up; nothing of it stays. */
export async function cancelModelUpload(uploadId: string): Promise<void> {
  if (!isUploadId(uploadId)) return;
  const { bucket } = connection();
  await deleteFiles(bucket, folderOf(uploadId), await filesOf(bucket, folderOf(uploadId)));
}

/** Why a package cannot be put under a name; null where it can. */
async function nameProblem(name: string, replace: boolean): Promise<string | null> {
  const { bucket } = connection();
  const id = `${bucket}/${MODELS_PREFIX}${name}`;
  if (!(await maybeHeadObject(bucket, `${MODELS_PREFIX}${name}/${MODEL_MANIFEST}`))) return null;
  if (!replace) return `There is a model package ${name} already. Replace it, or choose another name.`;
  return modelInUse(id);
}

/** Passes a body on; fails unless it is as long as announced. */
function wholeBody(file: string, sizeBytes: number): Transform {
  let received = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      done(received > sizeBytes ? new Error(`${file} is longer than announced`) : null, chunk);
    },
    flush(done) {
      done(received < sizeBytes ? new Error(`${file} broke off after ${received} of ${sizeBytes} bytes`) : null);
    },
  });
}

async function filesOf(bucket: string, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { key } of listObjects(bucket, `${folder}/`)) files.push(key.slice(folder.length + 1));
  return files;
}

const deleteFiles = (bucket: string, folder: string, files: string[]) =>
  deleteObjects(
    bucket,
    files.map((file) => `${folder}/${file}`),
  );

async function deleteAbandoned(): Promise<void> {
  const { bucket } = connection();
  const before = new Date(Date.now() - ABANDONED_AFTER_MS).toISOString();
  const old: string[] = [];
  for await (const { key, modifiedAt } of listObjects(bucket, INCOMING_PREFIX))
    if (modifiedAt !== null && modifiedAt < before) old.push(key);
  await deleteObjects(bucket, old);
}

const folderOf = (uploadId: string) => `${INCOMING_PREFIX}${uploadId}`;
const isUploadId = (id: string) => /^[0-9a-f-]{36}$/.test(id);

function refuse(fieldErrors: Record<string, string>): ActionResult<never> {
  return { ok: false, message: Object.values(fieldErrors).join(' '), fieldErrors };
}
