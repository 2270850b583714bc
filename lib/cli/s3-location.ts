import { DATASETS_PREFIX, MODELS_PREFIX } from '../domain/keys.ts';
import { UserError } from './user-error.ts';

/** Takes `s3://bucket/prefix` apart; a trailing slash is dropped. */
export function s3Location(url: string): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([^/]+)\/(.+?)\/*$/.exec(url);
  if (!match?.[1] || !match[2])
    throw new UserError(`--out must be an S3 address with a prefix, like s3://starmap/datasets/sdss-5MB, not "${url}"`);
  // All of them lie in there: files in the folder itself would be found by no list.
  if ([DATASETS_PREFIX, MODELS_PREFIX].includes(`${match[2]}/`))
    throw new UserError(`--out lacks a name: s3://${match[1]}/${match[2]}/<name>`);
  return { bucket: match[1], prefix: match[2] };
}
