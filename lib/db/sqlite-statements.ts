import { itemColumns, type Statements } from './statements.ts';

const columns = Object.keys(itemColumns);
/** As `storedTime`. */
const at = (...modifiers: string[]) => `strftime('%Y-%m-%dT%H:%M:%f+00:00', ${["'now'", ...modifiers].join(', ')})`;

export const sqliteStatements: Statements = {
  insertExperiment: 'INSERT INTO Experiment (id, name, question, createdAt, form) VALUES (?1, ?2, ?3, ?4, ?5)',
  insertRuns: `
    INSERT INTO Run (id, experimentId, position, label, status, completeness, settings, input, resultBucket, resultPath,
      datasetId, modelId, batchSize, memoryMb, dataBytes, createdAt, itemsPending, itemsTotal)
    SELECT value ->> 'id', ?1, key, value ->> 'label', 'QUEUED', 'PENDING', value -> 'settings', value -> 'input',
      value ->> 'resultBucket', value ->> 'resultPath', value ->> '$.settings.datasetId', value ->> '$.settings.modelId',
      value ->> '$.settings.batchSize', value ->> '$.settings.memoryMb', value ->> '$.settings.dataBytes', ?2,
      value ->> 'items', value ->> 'items'
    FROM json_each(?3)`,
  insertItems: `
    INSERT OR IGNORE INTO RunItem (runId, rank, status, keys, sizeBytes)
    SELECT ?1, value ->> 'rank', 'PENDING', value ->> 'keys', value ->> 'sizeBytes' FROM json_each(?2)`,
  // Materialized: otherwise SQLite goes through all items of the run for each change.
  changeItems: `
    WITH change AS MATERIALIZED (
      SELECT value ->> 'rank' AS rank, ${columns.map((name) => `value ->> '${name}' AS ${name}`).join(', ')}
      FROM json_each(?2))
    UPDATE RunItem SET ${columns.map((name) => `${name} = coalesce(change.${name}, RunItem.${name})`).join(', ')}
    FROM change WHERE RunItem.runId = ?1 AND RunItem.rank = change.rank`,
  itemGrid: `
    SELECT json_group_array(json_array(rank, status, durationMs)) AS text
    FROM (SELECT rank, status, durationMs FROM RunItem WHERE runId = ?1 ORDER BY rank)`,
  comparedRuns: `
    SELECT '[' || group_concat(
      '[' || json_quote(id) || ',' || json_quote(label) || ',' || json_quote(name) || ',' || json_quote(status) || ','
      || json_quote(completeness) || ',' || settings || ',' || coalesce(measures, 'null') || ','
      || coalesce(costUsd, 'null') || ',' || coalesce(json_quote(cause), 'null') || ','
      || itemsSucceeded || ',' || itemsTotal || ',' || coalesce(publishedFormulaUsd, 'null') || ','
      || coalesce(json_quote(priceBookDate), 'null') || ',' || coalesce(json_quote(region), 'null') || ']', ',') || ']' AS text
    FROM (
      SELECT Run.id, Run.label, Experiment.name, Run.status, Run.completeness, Run.settings, Run.measures, Run.costUsd,
        Run.cause, Run.itemsSucceeded, Run.itemsTotal, Run.bill ->> 'publishedFormulaUsd' AS publishedFormulaUsd,
        Run.bill ->> 'priceBookDate' AS priceBookDate, Run.bill ->> 'region' AS region
      FROM Run JOIN Experiment ON Experiment.id = Run.experimentId
      WHERE (?1 = '[]' AND ?2 = '[]')
        OR Run.experimentId IN (SELECT value FROM json_each(?1)) OR Run.id IN (SELECT value FROM json_each(?2))
      ORDER BY Run.createdAt, Run.position)`,
  holdRuns: `
    UPDATE Run SET watcher = ?1, watchedUntil = ${at("?2 || ' seconds'")}
    WHERE status = 'RUNNING' AND id IN (SELECT value FROM json_each(?3))
      AND (watcher IS NULL OR watcher = ?1 OR watchedUntil < ${at()})
    RETURNING id`,
  beginRun: `
    UPDATE Run SET status = 'RUNNING', startedAt = ?3, watcher = ?1, watchedUntil = ${at("?2 || ' seconds'")}
    WHERE id = ?4 AND status = 'QUEUED'
    RETURNING id`,
};
