import type { Metadata } from 'next';
import { UploadForm } from '@/components/models/upload-form.tsx';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import classes from '../../../stack.module.css';
import { beginUpload, cancelUpload, finishUpload } from '../actions.ts';

export const metadata: Metadata = { title: 'Upload a model' };

export default async function NewModelPage() {
  const { bucket, problem } = await getBackend();
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Upload a model"
        context="A package of your own: an ONNX file and a model.json, perhaps a script."
      />
      {problem && <ErrorPanel title="The services do not answer">{problem}</ErrorPanel>}
      <Panel label="New model">
        <UploadForm actions={{ begin: beginUpload, finish: finishUpload, cancel: cancelUpload }} bucket={bucket} />
      </Panel>
      <Panel title="From a terminal" note="the same; lambdas/models/README.md is the guide">
        <CodeLine text="npm run starmap -- model check <folder> --partition <file>" what="the command that checks" />
        <CodeLine
          text={`npm run starmap -- model install <folder> --out s3://${bucket}/models/<name>`}
          what="the command that installs"
        />
      </Panel>
    </div>
  );
}
