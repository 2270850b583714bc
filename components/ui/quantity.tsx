import { type QuantityKind, toQuantity } from '@/lib/domain/format.ts';

interface Props {
  kind: QuantityKind;
  /** In the kind's own unit (see toQuantity); null = not measured. */
  value: number | null | undefined;
  /** Values of the same column, for one unit in all of them. */
  like?: readonly (number | null | undefined)[];
}

/** A number with its unit; the exact value on hover. */
export function Quantity({ kind, value, like }: Props) {
  const { text, exact } = toQuantity(kind, value, like);
  return (
    <span className="tabular" title={exact ?? 'Not measured'} style={{ whiteSpace: 'nowrap' }}>
      {text}
    </span>
  );
}
