import { itemColumns, type Statements } from './statements.ts';

const types = { text: 'text', integer: 'integer', real: 'double precision', boolean: 'boolean', time: 'timestamp' };
const columns = Object.keys(itemColumns).map((name) => `"${name}"`);
const typed = Object.entries(itemColumns).map(([name, type]) => `"${name}" ${types[type]}`);

/** Columns of type `timestamp` hold UTC; an offset that is written behind a time is ignored by them. */
const NOW = "timezone('utc', clock_timestamp())";
const untilAfter = (seconds: string) => `${NOW} + ${seconds}::double precision * interval '1 second'`;

/** @param schema where the tables are: the connection's own search path is left as it is. */
export function postgresStatements(schema: string): Statements {
  const table = (name: string) => `"${schema.replaceAll('"', '""')}"."${name}"`;
  return {
    insertExperiment: `
      INSERT INTO ${table('Experiment')} (id, name, question, "createdAt", form) VALUES ($1, $2, $3, $4, $5)`,
    insertRuns: `
      INSERT INTO ${table('Run')} (id, "experimentId", position, label, status, completeness, settings, input,
        "resultBucket", "resultPath", "datasetId", "modelId", "batchSize", "memoryMb", "dataBytes", "createdAt",
        "itemsPending", "itemsTotal")
      SELECT run ->> 'id', $1, place - 1, run ->> 'label', 'QUEUED', 'PENDING', (run -> 'settings')::text,
        (run -> 'input')::text, run ->> 'resultBucket', run ->> 'resultPath', run #>> '{settings,datasetId}',
        run #>> '{settings,modelId}', (run #>> '{settings,batchSize}')::integer,
        (run #>> '{settings,memoryMb}')::integer, (run #>> '{settings,dataBytes}')::bigint, $2::timestamp,
        (run ->> 'items')::integer, (run ->> 'items')::integer
      FROM json_array_elements($3::json) WITH ORDINALITY AS listed(run, place)`,
    insertItems: `
      INSERT INTO ${table('RunItem')} ("runId", rank, status, keys, "sizeBytes")
      SELECT $1, rank, 'PENDING', keys, "sizeBytes"
      FROM json_to_recordset($2::json) AS item(rank integer, keys text, "sizeBytes" bigint)
      ON CONFLICT DO NOTHING`,
    changeItems: `
      UPDATE ${table('RunItem')} AS item SET ${columns.map((name) => `${name} = coalesce(change.${name}, item.${name})`).join(', ')}
      FROM json_to_recordset($2::json) AS change(rank integer, ${typed.join(', ')})
      WHERE item."runId" = $1 AND item.rank = change.rank`,
    itemGrid: `
      SELECT coalesce(json_agg(json_build_array(rank, status, "durationMs") ORDER BY rank), '[]')::text AS text
      FROM ${table('RunItem')} WHERE "runId" = $1`,
    // Texts beside each other: to parse the JSON columns only to write them again would take half as long again.
    comparedRuns: `
      SELECT '[' || string_agg(concat('[', to_json(run.id), ',', to_json(run.label), ',', to_json(experiment.name), ',',
        to_json(run.status), ',', to_json(run.completeness), ',', run.settings, ',', coalesce(run.measures, 'null'), ',',
        coalesce(to_json(run."costUsd")::text, 'null'), ',', coalesce(to_json(run.cause)::text, 'null'), ',',
        run."itemsSucceeded", ',', run."itemsTotal", ',', coalesce(bill."publishedFormulaUsd"::text, 'null'), ',',
        coalesce(bill."priceBookDate"::text, 'null'), ',', coalesce(bill.region::text, 'null'), ']'), ','
        ORDER BY run."createdAt", run.position) || ']' AS text
      FROM ${table('Run')} AS run JOIN ${table('Experiment')} AS experiment ON experiment.id = run."experimentId"
        LEFT JOIN LATERAL json_to_record(run.bill::json)
          AS bill("publishedFormulaUsd" json, "priceBookDate" json, region json) ON true
      WHERE ($1::text = '[]' AND $2::text = '[]')
        OR run."experimentId" IN (SELECT json_array_elements_text($1::json))
        OR run.id IN (SELECT json_array_elements_text($2::json))`,
    holdRuns: `
      UPDATE ${table('Run')} SET watcher = $1, "watchedUntil" = ${untilAfter('$2')}
      WHERE status = 'RUNNING' AND id IN (SELECT json_array_elements_text($3::json))
        AND (watcher IS NULL OR watcher = $1 OR "watchedUntil" < ${NOW})
      RETURNING id`,
    beginRun: `
      UPDATE ${table('Run')} SET status = 'RUNNING', "startedAt" = $3::timestamp, watcher = $1, "watchedUntil" = ${untilAfter('$2')}
      WHERE id = $4 AND status = 'QUEUED'
      RETURNING id`,
  };
}
