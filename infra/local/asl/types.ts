/** Anything JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A state machine definition, or the inner machine of a Map or Parallel. Fields as the Amazon States Language names them. */
export interface Machine {
  Comment?: string;
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
  /** Of the states that do not name their own; inner machines follow the outermost. JSONPath if absent. */
  QueryLanguage?: QueryLanguage;
}

export type QueryLanguage = 'JSONPath' | 'JSONata';
/** In a JSONata state: a literal, or text `{% … %}` that gives one. */
type Given<T> = T | string;
/** Names → payload templates. */
export type Assignment = JsonObject;

export const stateTypes = ['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'] as const;
export type StateType = (typeof stateTypes)[number];

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}
export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
  Output?: Json;
  Assign?: Assignment;
}

interface Common {
  Comment?: string;
  QueryLanguage?: QueryLanguage;
  InputPath?: string | null;
  OutputPath?: string | null;
  /** JSONata only. */
  Output?: Json;
  Assign?: Assignment;
}
interface Transition {
  Next?: string;
  End?: boolean;
}
interface Working extends Common, Transition {
  Parameters?: Json;
  /** What Parameters are, in JSONata. */
  Arguments?: Json;
  ResultSelector?: Json;
  ResultPath?: string | null;
  Retry?: Retrier[];
  Catch?: Catcher[];
}

export interface TaskState extends Working {
  Type: 'Task';
  Resource: string;
  TimeoutSeconds?: Given<number>;
  TimeoutSecondsPath?: string;
  HeartbeatSeconds?: Given<number>;
  HeartbeatSecondsPath?: string;
}
export interface PassState extends Common, Transition {
  Type: 'Pass';
  Parameters?: Json;
  Result?: Json;
  ResultPath?: string | null;
}
export interface ChoiceState extends Common {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string;
}
export type ChoiceRule = JsonObject & {
  Next?: string;
  Condition?: string | boolean;
  Output?: Json;
  Assign?: Assignment;
};
export interface WaitState extends Common, Transition {
  Type: 'Wait';
  Seconds?: Given<number>;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
}
export interface SucceedState extends Common {
  Type: 'Succeed';
}
export interface FailState extends Common {
  Type: 'Fail';
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
}
export interface ParallelState extends Working {
  Type: 'Parallel';
  Branches: Machine[];
}
export interface ItemReader {
  Resource: string;
  Parameters?: Json;
  Arguments?: Json;
  ReaderConfig?: {
    InputType?: string;
    ItemsPointer?: string;
    CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
    CSVHeaders?: string[];
    CSVDelimiter?: string;
    ManifestType?: string;
    Transformation?: string;
    MaxItems?: number;
    MaxItemsPath?: string;
  };
}
export interface ItemBatcher {
  MaxItemsPerBatch?: number;
  MaxItemsPerBatchPath?: string;
  MaxInputBytesPerBatch?: number;
  MaxInputBytesPerBatchPath?: string;
  BatchInput?: Json;
}
export interface ResultWriter {
  Resource?: string;
  Parameters?: Json;
  Arguments?: Json;
  WriterConfig?: { Transformation?: 'NONE' | 'COMPACT' | 'FLATTEN'; OutputType?: 'JSON' | 'JSONL' };
}
export interface MapState extends Working {
  Type: 'Map';
  ItemsPath?: string;
  Items?: Json;
  ItemSelector?: Json;
  ItemProcessor?: Machine & {
    ProcessorConfig?: { Mode?: 'INLINE' | 'DISTRIBUTED'; ExecutionType?: 'STANDARD' | 'EXPRESS' };
  };
  /** Old name of ItemProcessor. */
  Iterator?: Machine;
  ItemReader?: ItemReader;
  ItemBatcher?: ItemBatcher;
  ResultWriter?: ResultWriter;
  MaxConcurrency?: number;
  MaxConcurrencyPath?: string;
  ToleratedFailureCount?: number;
  ToleratedFailureCountPath?: string;
  ToleratedFailurePercentage?: number;
  ToleratedFailurePercentagePath?: string;
  Label?: string;
}
export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** A failure by its name in the States Language (or the task's own), as Retry and Catch match it. */
export class StatesError extends Error {
  readonly error: string;
  override readonly cause: string;
  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.name = 'StatesError';
    this.error = error;
    this.cause = cause;
  }
}

/** A failure of the interpreter's own: its cause is told with the state in which it arose. */
export class InterpreterError extends StatesError {
  /** The field of the state, for a failed JSONata expression. */
  readonly location: string | undefined;
  constructor(error: string, cause: string, location?: string) {
    super(error, cause);
    this.location = location;
  }
}
