import path from 'node:path';
import { installModel } from '../server/install-model.ts';
import { accepted } from './accepted.ts';
import { s3Location } from './s3-location.ts';

/** `starmap model install`: uploads a model package folder after checking its model.json. */
export async function installModelFolder(folder: string, options: { out: string; json?: boolean }): Promise<void> {
  const { bucket, prefix } = s3Location(options.out);
  accepted(await installModel(path.resolve(folder), { bucket, prefix }));
  const id = `${bucket}/${prefix}`;
  console.log(options.json ? JSON.stringify({ id, bucket, prefix }) : `Model package ${id} is in place.`);
}
