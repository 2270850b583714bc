import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClock,
  IconClockX,
  IconPlayerStopFilled,
  type TablerIcon,
} from '@tabler/icons-react';
import { formatCount } from '@/lib/domain/format.ts';
import type { CompletenessState, ItemStatus, RunStatus } from '@/lib/domain/run.ts';
import classes from './status.module.css';

export type Tone = 'queued' | 'running' | 'succeeded' | 'failed' | 'stopped' | 'incomplete';

interface Look {
  word: string;
  tone: Tone;
  /** Absent: the pulsing dot. */
  icon?: TablerIcon;
}

/** The one table of what a state looks like; always icon, word and colour together. */
export const statusLook = {
  QUEUED: { word: 'Queued', tone: 'queued', icon: IconClock },
  PENDING: { word: 'Pending', tone: 'queued', icon: IconCircleDashed },
  RUNNING: { word: 'Running', tone: 'running' },
  SUCCEEDED: { word: 'Succeeded', tone: 'succeeded', icon: IconCircleCheckFilled },
  FAILED: { word: 'Failed', tone: 'failed', icon: IconCircleXFilled },
  TIMED_OUT: { word: 'Timed out', tone: 'failed', icon: IconClockX },
  STOPPED: { word: 'Stopped', tone: 'stopped', icon: IconPlayerStopFilled },
  ABORTED: { word: 'Aborted', tone: 'stopped', icon: IconPlayerStopFilled },
} satisfies Record<RunStatus | ItemStatus, Look>;

/** CSS colour of a tone, good as text on the page in both themes. */
export const toneColor = (tone: Tone) => `var(--tone-${tone})`;

export function RunStatusBadge({ status }: { status: RunStatus }) {
  return <Status status={status} />;
}

export function ItemStatusBadge({ status }: { status: ItemStatus }) {
  return <Status status={status} />;
}

interface CompletenessProps {
  state: CompletenessState;
  /** Items with a result. */
  found: number;
  expected: number;
}

/** Whether a run delivered everything: COMPLETE 130/130 or INCOMPLETE 122/130. */
export function CompletenessBadge({ state, found, expected }: CompletenessProps) {
  if (state === 'PENDING')
    return (
      <span className={classes.uncounted} title="Counted when the run has ended">
        not counted yet
      </span>
    );
  const complete = state === 'COMPLETE';
  // All items have succeeded, but not all of their results could be joined: how many is known to the run's page only.
  const counts = !complete && found >= expected ? '' : ` ${formatCount(found)}/${formatCount(expected)}`;
  return (
    <span className={classes.completeness} style={{ color: toneColor(complete ? 'succeeded' : 'incomplete') }}>
      {complete ? <IconCircleCheckFilled size={13} aria-hidden /> : <IconAlertTriangleFilled size={13} aria-hidden />}
      {state}
      {counts}
    </span>
  );
}

/** A dataset that is not whole: it failed, or was cut off and may go on. */
export function UnfinishedMark({ failed }: { failed: boolean }) {
  return (
    <Mark look={failed ? statusLook.FAILED : { word: 'Interrupted', tone: 'stopped', icon: IconPlayerStopFilled }} />
  );
}

function Status({ status }: { status: RunStatus | ItemStatus }) {
  return <Mark look={statusLook[status]} />;
}

function Mark({ look: { word, tone, icon: Icon } }: { look: Look }) {
  return (
    <span className={classes.status} style={{ color: toneColor(tone) }}>
      {Icon ? <Icon size={15} aria-hidden /> : <span className={classes.pulse} aria-hidden />}
      {word}
    </span>
  );
}
