import { Table, TableTbody, TableTd, TableTfoot, TableTh, TableThead, TableTr, Text } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import type { Bill } from '@/lib/domain/run.ts';

/** The itemised bill, and beside it what the published formula would say. */
export function BillPanel({ bill, simulated }: { bill: Bill | null; simulated: boolean }) {
  const note = simulated
    ? 'What AWS would bill. A local run costs nothing.'
    : 'At list prices, without free tiers and discounts.';
  if (!bill)
    return (
      <Panel title="Cost" note={note}>
        <Text size="sm" c="dimmed">
          There is no bill: the run did not get as far as invoking a function.
        </Text>
      </Panel>
    );
  const ratio = bill.publishedFormulaUsd > 0 ? bill.totalUsd / bill.publishedFormulaUsd : null;
  return (
    <Panel title="Cost" note={`${note} Prices of ${bill.priceBookDate}, ${bill.region}.`}>
      <Table fz="sm" verticalSpacing={4}>
        <TableThead>
          <TableTr>
            <TableTh>Item</TableTh>
            <TableTh ta="right">USD</TableTh>
          </TableTr>
        </TableThead>
        <TableTbody>
          {bill.lines.map(({ label, arithmetic, usd }) => (
            <TableTr key={label}>
              <TableTd>
                {label}
                <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {arithmetic}
                </Text>
              </TableTd>
              <TableTd ta="right" style={{ whiteSpace: 'nowrap' }}>
                <Quantity kind="usd" value={usd} />
              </TableTd>
            </TableTr>
          ))}
        </TableTbody>
        <TableTfoot>
          <TableTr>
            <TableTh scope="row">Total</TableTh>
            <TableTh ta="right">
              <Quantity kind="usd" value={bill.totalUsd} />
            </TableTh>
          </TableTr>
          <TableTr>
            <TableTh scope="row" fw={400}>
              By the published formula
              <Text size="xs" c="dimmed">
                requests × duration × memory used × $0.00001667: leaves out configured memory, cold starts and every
                other service
                {ratio !== null &&
                  Number.isFinite(ratio) &&
                  `. The bill above is ${Number(ratio.toPrecision(2)).toLocaleString('en-US')} times that`}
              </Text>
            </TableTh>
            <TableTd ta="right" style={{ whiteSpace: 'nowrap' }}>
              <Quantity kind="usd" value={bill.publishedFormulaUsd} />
            </TableTd>
          </TableTr>
        </TableTfoot>
      </Table>
    </Panel>
  );
}
