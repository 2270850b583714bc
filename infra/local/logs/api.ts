import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import type { LogStore, StoredEvent } from './store.ts';

const groupOf = z.object({ logGroupName: z.string().optional(), logGroupIdentifier: z.string().optional() });
const page = z.object({ limit: z.number().int().min(1).max(10_000).optional(), nextToken: z.string().optional() });
const times = z.object({ startTime: z.number().optional(), endTime: z.number().optional() });
const ARN = 'arn:aws:logs:us-east-1:000000000000:log-group:';

/** CloudWatch Logs, API action → handler: what the dashboard and the `aws` CLI call. Times are epoch ms, as AWS has them here. */
export function logsActions(store: LogStore): Record<string, (input: Record<string, unknown>) => unknown> {
  return {
    CreateLogGroup(input) {
      if (!store.ensureGroup(nameOf(input)))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
    },
    DeleteLogGroup: (input) => store.deleteGroup(nameOf(input)),
    PutRetentionPolicy: (input) =>
      store.setRetention(nameOf(input), parse(z.object({ retentionInDays: z.number().int() }), input).retentionInDays),
    DescribeLogGroups(input) {
      const { logGroupNamePrefix } = parse(z.object({ logGroupNamePrefix: z.string().optional() }), input);
      const logGroups = store.groups(logGroupNamePrefix).map(({ name, createdMs, retentionDays }) => ({
        logGroupName: name,
        creationTime: createdMs,
        arn: `${ARN}${name}:*`,
        logGroupArn: `${ARN}${name}`,
        ...(retentionDays === null ? {} : { retentionInDays: retentionDays }),
      }));
      return { logGroups };
    },
    DescribeLogStreams(input) {
      const {
        logStreamNamePrefix,
        orderBy,
        descending,
        limit = 50,
      } = parse(
        z.object({
          logStreamNamePrefix: z.string().optional(),
          orderBy: z.string().optional(),
          descending: z.boolean().optional(),
          limit: z.number().optional(),
        }),
        input,
      );
      const streams = store.streams(nameOf(input), logStreamNamePrefix);
      if (orderBy === 'LastEventTime') streams.sort((a, b) => (a.lastMs ?? 0) - (b.lastMs ?? 0));
      if (descending) streams.reverse();
      const logStreams = streams.slice(0, limit).map(({ name, createdMs, firstMs, lastMs }) => ({
        logStreamName: name,
        creationTime: createdMs,
        arn: `${ARN}${nameOf(input)}:log-stream:${name}`,
        ...(firstMs === null
          ? {}
          : { firstEventTimestamp: firstMs, lastEventTimestamp: lastMs, lastIngestionTime: lastMs }),
      }));
      return { logStreams };
    },
    GetLogEvents(input) {
      const { logStreamName, startFromHead, startTime, endTime, limit, nextToken } = parse(
        page.extend(times.shape).extend({ logStreamName: z.string(), startFromHead: z.boolean().default(false) }),
        input,
      );
      const found = store.get({
        group: nameOf(input),
        stream: logStreamName,
        backward: !startFromHead,
        ...range(startTime, endTime),
        ...defined({ limit, nextToken }),
      });
      const events = found.events.map((event) => ({
        timestamp: event.timestampMs,
        message: event.message,
        ingestionTime: event.ingestedMs,
      }));
      return { events, nextForwardToken: found.forwardToken, nextBackwardToken: found.backwardToken };
    },
    FilterLogEvents(input) {
      const { logStreamNames, logStreamNamePrefix, filterPattern, startTime, endTime, limit, nextToken } = parse(
        page.extend(times.shape).extend({
          logStreamNames: z.array(z.string()).optional(),
          logStreamNamePrefix: z.string().optional(),
          filterPattern: z.string().optional(),
        }),
        input,
      );
      const found = store.filter({
        group: nameOf(input),
        ...range(startTime, endTime),
        ...defined({
          streams: logStreamNames,
          streamPrefix: logStreamNamePrefix,
          pattern: filterPattern,
          limit,
          nextToken,
        }),
      });
      return {
        events: found.events.map(toFiltered),
        searchedLogStreams: [],
        ...(found.nextToken === null ? {} : { nextToken: found.nextToken }),
      };
    },
  };
}

const toFiltered = (event: StoredEvent) => ({
  eventId: String(event.id).padStart(56, '0'),
  logStreamName: event.stream,
  timestamp: event.timestampMs,
  message: event.message,
  ingestionTime: event.ingestedMs,
});

function nameOf(input: Record<string, unknown>): string {
  const { logGroupName, logGroupIdentifier } = parse(groupOf, input);
  const name = logGroupName ?? logGroupIdentifier?.split(':log-group:').at(-1)?.replace(/:\*$/, '');
  if (!name) throw new AwsError('InvalidParameterException', 'logGroupName is missing');
  return name;
}

/** AWS counts the end of the time range in; the store does not. */
const range = (startTime?: number, endTime?: number) =>
  defined({ startMs: startTime, endMs: endTime === undefined ? undefined : endTime + 1 });

function defined<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AwsError(
    'InvalidParameterException',
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  );
}
