/** The services in use, as the rail and the settings page show them. */
export interface Backend {
  kind: 'local' | 'aws';
  /** "Local runtime" or "AWS eu-west-1 · profile". */
  label: string;
  region: string;
  /** null = AWS's own endpoints. */
  endpoint: string | null;
  reachable: boolean;
  /** Why it is not reachable, in words with what to do. */
  problem: string | null;
  bucket: string;
  stateMachineArn: string;
  /** Memory variants of the inference function, MB, ascending. */
  memoriesMb: number[];
  defaultMemoryMb: number;
  functions: BackendFunction[];
  /** State folder of this installation. */
  home: string;
}

export interface BackendFunction {
  name: string;
  arn: string;
  /** null where it is not deployed in variants. */
  memoryMb: number | null;
  logGroup: string | null;
}
