import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';

/**
 * Response header by which a route tells how many bytes its body has. It becomes `content-length`, which Next takes away
 * from every route's response: without it a browser shows no progress of a download, and takes one that broke off for
 * whole. Only for a body that is passed on as it is.
 */
export const BODY_LENGTH = 'x-starmap-body-length';

/** Makes the header above work; once per server process. */
export function passBodyLengths(): void {
  subscribe('http.server.response.created', (message) => {
    const { response } = message as { response: ServerResponse };
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) =>
      name.toLowerCase() === BODY_LENGTH ? setHeader('content-length', String(value)) : setHeader(name, value);
  });
}
