'use client';

import { useMemo } from 'react';
import { useClock } from '@/components/ui/clock.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { formatDuration } from '@/lib/domain/format.ts';
import type { RunDetail } from '@/lib/domain/run.ts';
import type { WorkflowGraph, WorkflowNode } from '@/lib/domain/workflow.ts';
import { itemsEnded, useRun } from './live-run.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { layoutWorkflow, type PlacedNode } from './workflow-layout.ts';
import classes from './workflow-panel.module.css';

type Status = RunDetail['states'][string]['status'];

interface StateView {
  status: Status;
  word: string;
  /** Time in the state so far, or a count for the states of a map. */
  detail: string | null;
}

const WORDS: Record<Status, string> = {
  PENDING: 'not entered',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  ABORTED: 'aborted',
};

/** The deployed state machine as a drawing and as a list, with what each state came to in this run. */
export function WorkflowPanel({ graph }: { graph: WorkflowGraph }) {
  const run = useRun();
  const now = useClock();
  const layout = useMemo(() => layoutWorkflow(graph), [graph]);
  const view = (node: WorkflowNode) => viewOf(run, node, now);
  const margin = 2;
  return (
    <Panel title="Workflow" note="Drawn from the deployed state machine. Dashed: taken only after an error.">
      <ScrollRegion label="Drawing of the workflow" className={classes.scroll}>
        <svg
          viewBox={`${-margin} ${-margin} ${layout.width + 2 * margin} ${layout.height + 2 * margin}`}
          className={classes.drawing}
          style={{ maxWidth: layout.width + 2 * margin, minWidth: layout.width * 0.72 }}
          aria-hidden="true"
        >
          <defs>
            <marker
              id="workflow-arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerUnits="userSpaceOnUse"
              markerWidth="8"
              markerHeight="8"
              orient="auto-start-reverse"
            >
              <path d="M0,0L8,4L0,8Z" className={classes.arrow} />
            </marker>
          </defs>
          {layout.edges.map(({ edge, path }) => (
            <path
              key={`${edge.from} ${edge.to} ${edge.kind}`}
              d={path}
              className={classes.edge}
              data-kind={edge.kind}
              data-taken={wasTaken(run, edge.from, edge.to)}
              markerEnd="url(#workflow-arrow)"
            />
          ))}
          {layout.nodes.map((placed) => (
            <State key={placed.node.id} placed={placed} view={view} />
          ))}
        </svg>
      </ScrollRegion>
      <ol className={classes.list} aria-label="States of the workflow">
        {graph.nodes.map((node) => {
          const { status, word, detail } = view(node);
          return (
            <li key={node.id} data-status={status} data-inner={node.parent !== null}>
              <i aria-hidden="true" />
              <span>{node.label}</span>
              <span className={classes.word}>
                {word}
                {detail && `, ${detail}`}
              </span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function State({ placed, view }: { placed: PlacedNode; view: (node: WorkflowNode) => StateView }) {
  const { node, x, y, width, height, children } = placed;
  const { status, word, detail } = view(node);
  return (
    <g className={classes.state} data-status={status} data-container={children.length > 0}>
      <title>{`${node.label} (${node.type}): ${word}${detail ? `, ${detail}` : ''}`}</title>
      <rect x={x} y={y} width={width} height={height} rx={4} />
      <circle cx={x + 14} cy={y + 18} r={4.5} />
      <text x={x + 26} y={y + 22} className={classes.label}>
        {node.label}
      </text>
      <text x={x + 26} y={y + 38} className={classes.detail}>
        {detail ?? word}
      </text>
      {children.map((child) => (
        <State key={child.node.id} placed={child} view={view} />
      ))}
    </g>
  );
}

function viewOf(run: RunDetail, node: WorkflowNode, now: number | null): StateView {
  const inner = node.parent === null ? null : innerView(run, node.parent);
  if (inner) return inner;
  const state = run.states[node.id];
  const status = state?.status ?? 'PENDING';
  if (!state?.enteredAt || node.type === 'Fail') return { status, word: WORDS[status], detail: null };
  const end = state.exitedAt ? Date.parse(state.exitedAt) : now;
  const took = end === null ? null : formatDuration(Math.max(0, end - Date.parse(state.enteredAt)));
  return { status, word: WORDS[status], detail: took };
}

/** The states inside a map run once per item: they are summed up by the items' counts. */
function innerView(run: RunDetail, parent: string): StateView | null {
  const { counts } = run;
  const map = run.states[parent];
  if (!map || counts.total === 0) return null;
  const done = itemsEnded(run);
  const failed = counts.failed + counts.timedOut;
  const status: Status =
    counts.running > 0
      ? 'RUNNING'
      : failed > 0
        ? 'FAILED'
        : counts.aborted > 0
          ? 'ABORTED'
          : done === counts.total
            ? 'SUCCEEDED'
            : map.status;
  const of = `${counts.succeeded.toLocaleString('en-US')} of ${counts.total.toLocaleString('en-US')} done`;
  return { status, word: WORDS[status], detail: failed > 0 ? `${of}, ${failed.toLocaleString('en-US')} failed` : of };
}

function wasTaken({ states }: RunDetail, from: string, to: string): boolean {
  const left = states[from];
  const entered = states[to]?.enteredAt;
  return Boolean(left?.exitedAt && entered && entered >= left.exitedAt);
}
