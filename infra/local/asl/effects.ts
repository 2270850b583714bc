import type { IntrinsicEffects } from './intrinsics.ts';
import type { Json, JsonObject, Machine, MapState } from './types.ts';

/** Where events go. One History is one chain of `previousEventId`; branches fork theirs. */
export interface History {
  add(type: string, details?: JsonObject): void;
  fork(): History;
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
  state: MapState;
  /** What InputPath left: ItemReader, ItemSelector and the …Path fields read it. */
  input: Json;
  context: JsonObject;
  /** The items where they are part of the state's input; with an ItemReader, undefined. */
  items: Json[] | JsonObject | undefined;
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
  /** Told each state right after its Entered event: what a restart must know to go on from here. */
  onEnter?: (state: string, input: Json) => void;
  /** Go on in this state, whose Entered event has been written already. */
  resumeAt?: string;
}
