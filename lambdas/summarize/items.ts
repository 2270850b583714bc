import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { readJsonArray } from '../../lib/domain/json-array.ts';
import { type Plan, type WorkItem, workItem } from '../../lib/domain/plan.ts';
import { Failure } from '../failure.ts';
import { isAbsent, toFailure } from '../s3/errors.ts';

/** The items of the run in order of rank, one at a time. */
export async function* readItems(s3: S3Client, { bucket, key }: Plan['items']): AsyncGenerator<WorkItem> {
  const body = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).then(
    (response) => response.Body as Readable,
    (error: unknown) => {
      if (!isAbsent(error)) throw toFailure(error, `Reading s3://${bucket}/${key}`);
      const message = `s3://${bucket}/${key} is gone; without it nothing tells which results are expected.`;
      throw new Failure('PlanMissing', message, { cause: error });
    },
  );
  for await (const item of readJsonArray(body)) yield workItem.parse(item);
}
