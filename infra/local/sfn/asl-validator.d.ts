declare module 'asl-validator' {
  /** Checks a definition against the schema of the States Language, and its transitions. Writes into what it is given. */
  export default function validator(definition: unknown): { isValid: boolean; errors: Record<string, unknown>[] };
}
