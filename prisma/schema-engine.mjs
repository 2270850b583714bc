#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which the CLI would download from elsewhere. Named by
// PRISMA_SCHEMA_ENGINE_BINARY. Two ways of being called, as the native one:
//   … --datamodels FILE --datasource JSON          JSON-RPC, one message a line over stdin/stdout, until stdin ends
//   … --datasource JSON cli COMMAND                one database command, result by exit code
// The work is done by Prisma's own engine compiled to WebAssembly, on the drivers of engine-database.mjs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { engineDatabase } from './engine-database.mjs';

const require = createRequire(import.meta.url);
const options = readArguments(process.argv.slice(2));
const database = engineDatabase(options.url);

if (options.version) console.log(`schema-engine-cli ${engineCommit()}`);
else if (options.command) await runCommand(options.command);
else await serve();

function readArguments(words) {
  const read = { datamodels: [], url: 'file::memory:', command: undefined, version: false };
  while (words.length > 0) {
    const word = words.shift();
    if (word === '--datamodels') read.datamodels.push(words.shift());
    else if (word === '--datasource') read.url = JSON.parse(words.shift()).url ?? read.url;
    else if (word === 'cli') read.command = words.shift();
    else if (word === '--version') read.version = true;
    else if (word === '--enabled-preview-features' || word === '--extension-types') words.shift();
  }
  return read;
}

function engineCommit() {
  return require('@prisma/schema-engine-wasm/package.json').version.split('.').at(-1);
}

async function runCommand(command) {
  const commands = {
    'can-connect-to-database': async () => {
      if (database.missing()) return logError(`Database \`${database.name}\` does not exist`, 'P1003');
      await runScript('SELECT 1;');
    },
    'create-database': database.create,
    'drop-database': database.drop,
  };
  try {
    if (!commands[command]) throw new Error(`The schema engine has no command "${command}"`);
    await commands[command]();
  } catch (error) {
    logError(error.message, 'P1001');
  }
}

/** The CLI skips the first line of stderr (the native engine's greeting) and takes the error from the next. */
function logError(message, code) {
  const line = (level, target, fields) =>
    `${JSON.stringify({ timestamp: new Date().toISOString(), level, target, fields })}\n`;
  process.stderr.write(line('INFO', 'schema_engine', { message: 'started' }));
  process.stderr.write(line('ERROR', 'schema_engine::logger', { message, error_code: code, is_panic: false }));
  process.exitCode = 1;
}

async function runScript(sql) {
  const connection = await database.factory().connect();
  try {
    await connection.executeScript(sql);
  } finally {
    await connection.dispose();
  }
}

async function serve() {
  const wasm = await loadEngine();
  let engine;
  let bound;
  const start = async () => {
    bound = bindMigrationAwareSqlAdapterFactory(database.factory());
    const datamodels = options.datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
    return wasm.SchemaEngine.new({ datamodels: datamodels.length > 0 ? datamodels : undefined }, () => {}, bound);
  };
  const call = async (method, params) => {
    if (method === 'createDatabase') return { databaseName: database.name };
    if (method === 'reset' && database.empty) {
      engine?.free();
      engine = undefined;
      database.empty();
      return {};
    }
    engine ??= await start();
    const name = method === 'getDatabaseVersion' ? 'version' : method;
    if (typeof engine[name] !== 'function') throw new Error(`The schema engine has no method "${method}"`);
    try {
      return await engine[name](params ?? {});
    } catch (error) {
      // On a database without history this build reports the missing table where the native one sees an empty list.
      if (!/_prisma_migrations/.test(error?.message ?? '')) throw error;
      await runScript(database.migrationsTable);
      return engine[name](params ?? {});
    }
  };
  const answer = async ({ id, method, params }) => {
    if (method === undefined) return;
    try {
      const result = await call(method, params);
      if (method !== 'diff') return send({ id, result: result ?? {} });
      if (result.stdout != null) send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } });
      send({ id, result: { exitCode: result.exitCode, stdout: null } });
    } catch (error) {
      const message = explain(error, bound);
      const data = { is_panic: false, message, error_code: error?.code ?? null, meta: null };
      send({ id, error: { code: 4466, message, data } });
    }
  };
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line.trim() !== '') await answer(JSON.parse(line));
  process.exit(0);
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** Driver errors cross the WebAssembly border as a number; here they get their text back. */
function explain(error, bound) {
  const text = error?.message ?? String(error);
  return text.replace(/External error id#(\d+)/g, (number, id) => {
    const original = bound?.errorRegistry.consumeError(Number(id))?.error;
    return original?.message ?? number;
  });
}

async function loadEngine() {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = path.join(
    path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')),
    'schema_engine_bg.wasm',
  );
  const { instance } = await WebAssembly.instantiate(readFileSync(file), { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  return glue;
}
