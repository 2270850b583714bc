import { AwsError } from '../aws-error.ts';

/** Tokens of the list calls: how many entries have been given out. */

export const tokenAfter = (more: boolean, offset: number) =>
  more ? { nextToken: Buffer.from(`offset:${offset}`).toString('base64url') } : {};

export function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw new AwsError('InvalidToken', `Invalid Token: '${token}'`);
  return Number(match[1]);
}
