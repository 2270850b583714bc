import { asFlag, inWords, type PartitionMessage } from '../../lib/domain/partition-message.ts';

/** Something the user can put right: which field of the request it is about, and in words what to do. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly field: string;
  readonly says: PartitionMessage;
  constructor(field: 'source' | 'out' | 'cut' | 'format' | 'tensors' | 'verify', message: string | PartitionMessage) {
    const says = typeof message === 'string' ? [message] : message;
    super(inWords(says, asFlag));
    this.field = field;
    this.says = says;
  }
}
