import { together } from './branches.ts';
import { numberField, type Visit, type WalkInner, wrongType } from './fields.ts';
import { render } from './jsonata.ts';
import { resolve } from './path.ts';
import { fill, literally } from './template.ts';
import { InterpreterError, type Json, type JsonObject, type Machine, type MapState } from './types.ts';

type Items = Json[] | JsonObject;
type MapVisit = Visit<MapState>;

/** What a Map iterates over: an array, or an object's keys and values. */
export async function itemsOf(visit: MapVisit): Promise<Items> {
  const { state, scope, run, jsonata } = visit;
  const path = state.ItemsPath;
  const items =
    jsonata && state.Items !== undefined
      ? await render(state.Items, 'Items', scope, run.effects)
      : path === undefined || jsonata
        ? scope.input
        : resolve(path, scope, 'ItemsPath');
  if (items !== null && typeof items === 'object') return items;
  if (jsonata) throw wrongType(visit, 'Items', 'array', items);
  throw new InterpreterError('States.Runtime', `Reference path "${path ?? '$'}" must point to array.`);
}

/** Runs the iterations inside this execution, `limit` at a time. */
export async function inlineMap(
  visit: MapVisit,
  machine: Machine,
  found: Items,
  limit: number,
  walk: WalkInner,
): Promise<Json> {
  const { run, name, scope } = visit;
  const items = Array.isArray(found) ? found : Object.entries(found).map(([Key, Value]) => ({ Key, Value }));
  run.history.add('MapStateStarted', { length: items.length });
  const select = selectorOf(visit);
  return together(
    run,
    items,
    async (item, branch, index) => {
      const context = { ...(scope.context as JsonObject), Map: { Item: { Index: index, Value: item } } };
      const input = await select(item, index);
      return walk({ ...branch, machine, input, context, variables: scope.variables });
    },
    { limit, iterations: name },
  );
}

/** Hands a distributed Map to the runtime, its JSONata evaluated. */
export async function distributedMap(visit: MapVisit, processor: Machine, items: Items | undefined): Promise<Json> {
  const { run, name, scope, jsonata } = visit;
  const state = jsonata ? await evaluated(visit) : visit.state;
  const language = run.language ?? run.machine.QueryLanguage ?? 'JSONPath';
  return run.effects.distributedMap({
    name,
    state: { ...state, ItemProcessor: { ...processor, QueryLanguage: language } },
    input: scope.input,
    context: scope.context as JsonObject,
    variables: scope.variables,
    items,
    select: selectorOf(visit),
    history: run.history,
    signal: run.signal,
  });
}

function selectorOf({ state, scope, run, jsonata }: MapVisit): (item: Json, index: number) => Json | Promise<Json> {
  const selector = state.ItemSelector ?? (jsonata ? undefined : state.Parameters);
  if (selector === undefined) return (item) => item;
  return (item, index) => {
    const context = { ...(scope.context as JsonObject), Map: { Item: { Index: index, Value: item } } };
    const itemScope = { input: scope.input, context, variables: scope.variables };
    return jsonata ? render(selector, 'ItemSelector', itemScope, run.effects) : fill(selector, itemScope, run.effects);
  };
}

/** A JSONata Map with literals in place of its expressions, and Parameters in place of Arguments. */
async function evaluated(visit: MapVisit): Promise<MapState> {
  const { state, scope, run } = visit;
  const rendered = async (value: Json | undefined, field: string) =>
    value === undefined ? undefined : literally(await render(value, field, scope, run.effects));
  const { ItemReader, ItemBatcher, ResultWriter, ItemSelector: _, Items: __, ...rest } = state;
  const result: Record<string, unknown> = { ...rest };
  for (const name of ['MaxConcurrency', 'ToleratedFailureCount', 'ToleratedFailurePercentage'] as const) {
    const value = await numberField(visit, name);
    if (value !== undefined) result[name] = value;
  }
  if (ItemReader)
    result.ItemReader = {
      Resource: ItemReader.Resource,
      Parameters: await rendered(ItemReader.Arguments, 'ItemReader/Arguments'),
      ReaderConfig: await rendered(ItemReader.ReaderConfig as Json | undefined, 'ItemReader/ReaderConfig'),
    };
  if (ItemBatcher)
    result.ItemBatcher = {
      ...((await rendered(ItemBatcher as Json, 'ItemBatcher')) as JsonObject),
      ...(ItemBatcher.BatchInput === undefined
        ? {}
        : { BatchInput: await rendered(ItemBatcher.BatchInput, 'ItemBatcher/BatchInput') }),
    };
  if (ResultWriter)
    result.ResultWriter = {
      ...ResultWriter,
      Parameters: await rendered(ResultWriter.Arguments, 'ResultWriter/Arguments'),
    };
  return result as unknown as MapState;
}
