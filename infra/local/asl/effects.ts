import type { IntrinsicEffects } from './intrinsics.ts';
import type { Json, JsonObject, Machine, MapState, QueryLanguage, StateType } from './types.ts';
import type { Variables } from './variables.ts';

/** Where events go. One History is one chain of `previousEventId`; branches fork theirs. */
export interface History {
  /** @returns the event's id. */
  add(type: string, details?: JsonObject): number;
  fork(): History;
  /** Goes on behind the last event of a branch. */
  join(branch: History): void;
  /** Id of the last event of all, and of the one that this chain goes on from. */
  position(): { last: number; previous: number };
}

/** The work of a Task state, as the interpreter hands it out. */
export interface TaskCall {
  resource: string;
  parameters: Json;
  timeoutSeconds: number | undefined;
  heartbeatSeconds: number | undefined;
  history: History;
  signal: AbortSignal | undefined;
}

/** A distributed Map, ready to run. */
export interface MapCall {
  name: string;
  /** In JSONata the expressions of its fields are evaluated already, so it reads like one in JSONPath. */
  state: MapState;
  /** What InputPath left: ItemReader, ItemSelector and the …Path fields read it. */
  input: Json;
  context: JsonObject;
  variables: Variables | undefined;
  /** The items where they are part of the state's input; with an ItemReader, undefined. */
  items: Json[] | JsonObject | undefined;
  /** Applies ItemSelector to an item. */
  select(item: Json, index: number): Json | Promise<Json>;
  history: History;
  signal: AbortSignal | undefined;
}

/** Everything impure that the interpreter needs. */
export interface Effects extends IntrinsicEffects {
  /** Epoch ms. */
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** Runs a task; emits its Scheduled, Started and Succeeded/Failed events; throws StatesError. */
  task(call: TaskCall): Promise<Json>;
  /** Runs a Map state in DISTRIBUTED mode; emits MapStateStarted and the MapRun… events. */
  distributedMap(call: MapCall): Promise<Json>;
}

/** One walk through a machine: the whole execution, a branch, an iteration or a child. */
export interface Walk {
  machine: Machine;
  input: Json;
  /** The context object without `State`, which each state gets afresh. */
  context: JsonObject;
  history: History;
  effects: Effects;
  signal: AbortSignal | undefined;
  /** Of the outermost machine, for a walk through an inner one. */
  language?: QueryLanguage;
  /** What is assigned at the start: the outer scope's, or what a restart restores. */
  variables?: Variables | undefined;
  /** Told each state right after its Entered event: what a restart must know to go on from here. */
  onEnter?: (state: string, input: Json, variables: Variables | undefined) => void;
  /** Go on in this state, whose Entered event has been written already. */
  resumeAt?: string;
  /** Kept up to date in a branch: the state it stands in. */
  standing?: { type: StateType | undefined };
}
