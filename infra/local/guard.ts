import { AwsError } from './aws-error.ts';

const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Keeps web pages that the user visits away from the port: a browser always sends Origin or Sec-Fetch-* with a
 * cross-site request, and a rebound name shows in Host.
 */
export function refuseBrowsers(headers: Record<string, string | undefined>): void {
  if (!LOCAL_HOST.test(headers.host ?? ''))
    throw new AwsError('AccessDenied', 'This local runtime answers requests to 127.0.0.1 or localhost only', 403);
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    throw new AwsError('AccessDenied', 'This local runtime does not answer web pages', 403);
}
