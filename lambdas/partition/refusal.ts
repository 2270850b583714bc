/** Something the user can put right: which field of the request it is about, and in words what to do. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly field: string;
  constructor(field: 'source' | 'out' | 'cut' | 'format' | 'tensors' | 'verify', message: string) {
    super(message);
    this.field = field;
  }
}
