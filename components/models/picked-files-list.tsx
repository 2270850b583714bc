import { formatBytes } from '@/lib/domain/format.ts';
import { MODEL_MANIFEST } from '@/lib/domain/keys.ts';
import type { UploadFile, UploadPlan } from '@/lib/domain/model-upload.ts';
import classes from './picked-files-list.module.css';

/** What was picked, and what each file is for. */
export function PickedFiles({ files, plan }: { files: UploadFile[]; plan: UploadPlan | null }) {
  return (
    <ul className={classes.files} aria-label="Picked files">
      {files.map(({ name, sizeBytes }) => (
        <li key={name}>
          <code title={name}>{name}</code>
          <span>{roleOf(name, plan)}</span>
          <span className="tabular">{formatBytes(sizeBytes)}</span>
        </li>
      ))}
    </ul>
  );
}

function roleOf(name: string, plan: UploadPlan | null): string {
  if (name === MODEL_MANIFEST) return 'describes the package';
  if (!plan?.model) return '';
  const { onnx, script } = plan.model;
  if (name === onnx) return 'graph';
  if (name === script) return 'script';
  return plan.send.some((file) => file.name === name) ? 'weights' : 'not used, stays here';
}
