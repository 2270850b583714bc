import { formatBytes, plural } from './format.ts';
import book from './price-book.json' with { type: 'json' };
import type { Bill, BillLine } from './run.ts';

/** Invocations of one function in a run. */
export interface FunctionUsage {
  label: string;
  invocations: number;
  /** Sum over the invocations, init included: what the REPORT lines say. */
  billedMs: number;
  /** Configured, not used: that is what Lambda bills. */
  memoryMb: number;
  /** Size of /tmp. */
  ephemeralMb: number;
  architecture: 'x86_64' | 'arm64';
  /** False where some of billedMs is taken from state durations, for want of a REPORT line. */
  measured: boolean;
}

/** What a run used of each service. */
export interface RunUsage {
  functions: FunctionUsage[];
  transitions: {
    /** States that the parent execution entered, each retry too. */
    parent: number;
    /** Children that the map started: one transition each, billed to the parent. */
    childStarts: number;
    /** States that the children entered, each retry too. */
    childStates: number;
  };
  s3: { puts: number; gets: number; lists: number };
  logBytes: number;
  /** For the published formula: means over the inference invocations. */
  published: { requests: number; durationMs: number; memoryUsedMb: number };
}

/**
 * The bill of a run at the price book's date: what AWS would charge beyond its free tiers. Storage is not in it.
 */
export function priceRun(usage: RunUsage): Bill {
  const { transitions, s3 } = usage;
  const invocations = usage.functions.reduce((sum, each) => sum + each.invocations, 0);
  const lines: BillLine[] = [
    ...usage.functions.map(computeLine),
    line(
      'Lambda requests',
      `${count(invocations)} × $${book.lambda.request.toFixed(7)}`,
      invocations * book.lambda.request,
    ),
    ...ephemeralLines(usage.functions),
    line(
      'Step Functions transitions',
      `(${count(transitions.parent)} of the run + ${plural(transitions.childStarts, 'item')} started + ${plural(transitions.childStates, 'item state')}) × $${book.stepFunctions.standardTransition}`,
      (transitions.parent + transitions.childStarts + transitions.childStates) * book.stepFunctions.standardTransition,
    ),
    line(
      'S3 requests',
      `(${count(s3.puts)} PUT + ${count(s3.lists)} LIST) × $${book.s3.putOrListRequest.toFixed(6)} + ${count(s3.gets)} GET × $${book.s3.getRequest.toFixed(7)}`,
      (s3.puts + s3.lists) * book.s3.putOrListRequest + s3.gets * book.s3.getRequest,
    ),
    line(
      'CloudWatch Logs',
      `${formatBytes(usage.logBytes)} ingested × $${book.logs.ingestedGb.toFixed(2)} per GB`,
      (usage.logBytes / 1e9) * book.logs.ingestedGb,
    ),
  ];
  return {
    totalUsd: lines.reduce((sum, { usd }) => sum + usd, 0),
    lines,
    publishedFormulaUsd: publishedFormula(usage.published),
    priceBookDate: book.date,
    region: book.region,
  };
}

/**
 * What a run costs at least, USD, whatever its data and its model: the states it enters, its invocations and the objects
 * they hand on. Of small partitions that is nearly all.
 * @param items of the map.
 */
export function leastCost(items: number): number {
  const { lambda, stepFunctions, s3 } = book;
  // Initialize, the map, Summarize; an item is started and has one state.
  const transitions = 3 + 2 * items;
  // items.json, what the map writes, four files of Summarize; predictions and record of each item.
  const puts = 7 + 2 * items;
  // items.json twice; the partition, and what Summarize reads of an item.
  const gets = 2 + 3 * items;
  return (
    transitions * stepFunctions.standardTransition +
    (2 + items) * lambda.request +
    puts * s3.putOrListRequest +
    gets * s3.getRequest
  );
}

/**
 * The cost formula of the published system, for comparison: requests × duration × memory × 0.00001667, with the memory
 * that was *used* (its tables show 5.9 GB for 5,948 MB, so a GB is 1,000 MB there) and nothing but compute.
 */
export function publishedFormula({ requests, durationMs, memoryUsedMb }: RunUsage['published']): number {
  return requests * (durationMs / 1000) * (memoryUsedMb / 1000) * 0.00001667;
}

function computeLine(used: FunctionUsage): BillLine {
  const price = used.architecture === 'arm64' ? book.lambda.arm64GbSecond : book.lambda.x86_64GbSecond;
  const gigabyteSeconds = (used.billedMs / 1000) * (used.memoryMb / 1024);
  return line(
    `Lambda compute: ${used.label}`,
    `${used.measured ? '' : 'about '}${seconds(used.billedMs)} s billed × ${gigabytes(used.memoryMb)} GB configured = ${number(gigabyteSeconds)} GB-s × $${price}`,
    gigabyteSeconds * price,
  );
}

function ephemeralLines(functions: FunctionUsage[]): BillLine[] {
  const gigabyteSeconds = functions.reduce((sum, used) => {
    const billedMb = Math.max(0, used.ephemeralMb - book.lambda.ephemeralIncludedMb);
    return sum + (used.billedMs / 1000) * (billedMb / 1024);
  }, 0);
  if (gigabyteSeconds === 0) return [];
  const price = book.lambda.ephemeralGbSecond;
  return [
    line(
      'Lambda /tmp above 512 MB',
      `${number(gigabyteSeconds)} GB-s × $${price.toFixed(10)}`,
      gigabyteSeconds * price,
    ),
  ];
}

const line = (label: string, arithmetic: string, usd: number): BillLine => ({ label, arithmetic, usd });
const count = (value: number) => value.toLocaleString('en-US');
const number = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 6 });
const seconds = (ms: number) => (ms / 1000).toLocaleString('en-US', { maximumFractionDigits: 3 });
const gigabytes = (mb: number) => (mb / 1024).toLocaleString('en-US', { maximumFractionDigits: 3 });
