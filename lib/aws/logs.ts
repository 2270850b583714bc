import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { clients } from './clients.ts';
import { codeOf, inPlainWords } from './plain-words.ts';

export interface LogLine {
  timestampMs: number;
  message: string;
  stream: string;
}

export interface LogQuery {
  group: string;
  stream?: string | null;
  /** Text that the line holds, such as a request id. */
  text?: string;
  startMs?: number;
  endMs?: number;
  /** Stop after so many lines. */
  limit?: number;
}

/**
 * Lines of a log group in the order of time. A page may be empty and still have a successor: all are read.
 * A group or stream that does not exist has no lines.
 */
export async function findLogLines(query: LogQuery): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const limit = query.limit ?? 10_000;
  let nextToken: string | undefined;
  do {
    const page = await filterLogEvents(query, nextToken);
    for (const event of page?.events ?? [])
      lines.push({
        timestampMs: event.timestamp ?? 0,
        message: (event.message ?? '').trimEnd(),
        stream: event.logStreamName ?? '',
      });
    nextToken = page?.nextToken;
  } while (nextToken && lines.length < limit);
  return lines.slice(0, limit).sort((a, b) => a.timestampMs - b.timestampMs);
}

async function filterLogEvents(query: LogQuery, nextToken: string | undefined) {
  const command = new FilterLogEventsCommand({
    logGroupName: query.group,
    logStreamNames: query.stream ? [query.stream] : undefined,
    // Quotes make it one literal term; a quote inside would end it.
    filterPattern: query.text ? `"${query.text.replaceAll('"', '')}"` : undefined,
    startTime: query.startMs,
    endTime: query.endMs,
    nextToken,
  });
  try {
    return await inPlainWords(clients().logs.send(command), { name: query.group });
  } catch (error) {
    if (codeOf(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
