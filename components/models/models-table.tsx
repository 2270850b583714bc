'use client';

import { IconAlertTriangle, IconBrain } from '@tabler/icons-react';
import { type DataColumn, DataTable } from '@/components/ui/data-table.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { S3Place } from '@/components/ui/s3-place.tsx';
import { NOT_MEASURED } from '@/lib/domain/format.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import classes from './models-table.module.css';

const modelHref = (id: string) => `/data/model?id=${encodeURIComponent(id)}`;

/** The model packages in the deployment's bucket. */
export function ModelsTable({ models }: { models: Model[] }) {
  return (
    <DataTable
      label="Models"
      columns={columns}
      rows={models}
      rowId={({ id }) => id}
      rowHref={({ id }) => modelHref(id)}
      empty={
        <EmptyState
          icon={IconBrain}
          title="No models yet"
          action={<LinkButton href="/data/models/new">Upload a model</LinkButton>}
        >
          A model package is a folder with an ONNX file and a model.json that says which tensor feeds which input. The
          local runtime gets its demo model at every npm start.
        </EmptyState>
      }
    />
  );
}

const columns: DataColumn<Model>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ id, name, problem }) => (
      <div className={classes.name}>
        <TextLink href={modelHref(id)} c="inherit" fw={500}>
          {name}
        </TextLink>
        {problem && (
          <span className={classes.problem}>
            <IconAlertTriangle size={14} aria-hidden />
            {problem}
          </span>
        )}
      </div>
    ),
  },
  { id: 'inputs', header: 'Inputs', cell: ({ inputs }) => inputs.map(inputInBrief).join(', ') || NOT_MEASURED },
  {
    id: 'outputs',
    header: 'Outputs',
    cell: ({ outputs }) =>
      outputs.map(({ column, unit }) => (unit ? `${column} (${unit})` : column)).join(', ') || NOT_MEASURED,
  },
  {
    id: 'size',
    header: 'Size',
    numeric: true,
    cell: ({ sizeBytes }, all) => (
      <Quantity kind="bytes" value={sizeBytes || null} like={all.map((model) => model.sizeBytes || null)} />
    ),
  },
  {
    id: 'version',
    header: 'Version',
    cell: ({ etag }) => (etag ? <code title={`ETag ${etag}`}>{etag.slice(0, 8)}</code> : NOT_MEASURED),
  },
  { id: 'script', header: 'Script', extra: true, cell: ({ script }) => script ?? NOT_MEASURED },
  { id: 'id', header: 'Place', cell: ({ id }) => <S3Place id={id} /> },
  { id: 'uploaded', header: 'Uploaded', numeric: true, cell: ({ modifiedAt }) => <RelativeTime at={modifiedAt} /> },
];

const inputInBrief = ({ name, tensor }: Model['inputs'][number]) =>
  tensor === null ? `${name} ← script` : name === tensor ? name : `${name} ← ${tensor}`;
