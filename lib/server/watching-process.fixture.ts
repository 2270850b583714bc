import { subscribe } from './live.ts';
import { startServer } from './start-server.ts';

// A dashboard without its pages: what instrumentation.ts starts. Each event that a browser would get is a line of JSON.

subscribe(({ run }) =>
  console.log(JSON.stringify({ id: run.id, status: run.status, succeeded: run.counts.succeeded })),
);
startServer();
