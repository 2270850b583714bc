import glob,shutil,os
shutil.rmtree('dist/dl',ignore_errors=True); shutil.copytree('dist/lambdas','dist/dl',symlinks=True); os.chdir('dist/dl/inference')
A="require('node:fs').appendFileSync('/tmp/tt.log', Math.round((performance.timeOrigin+performance.now())*10)/10%100000+' '+w+'\\n')"
first=True
for p in glob.glob('*.mjs'):
    s=open(p).read(); o=s
    if p=='session-worker.mjs':
        s=s.replace("const require = requireFrom(import.meta.url);","const require = requireFrom(import.meta.url);\nconst TW=(w)=>"+A+";TW('worker evaluating');",1)
        s=s.replace("await ort2.InferenceSession.create(Buffer","TW('worker evaluated, first session');await ort2.InferenceSession.create(Buffer",1)
        s=s.replace(".catch(() => void 0);",".catch(() => void 0);TW('worker first session done');",1)
        s=s.replace("session = await createSession(","TW('worker: create');session = await createSession(",1)
        s=s.replace("const { inputMetadata, outputMetadata } = session;","TW('worker: created');const { inputMetadata, outputMetadata } = session;",1)
    else:
        if 'async function saveWhole' in s:
            s=s.replace("const { path: file, remove } = makeTemporaryFile(path","globalThis.TT?.('headers');const { path: file, remove } = makeTemporaryFile(path",1)
            j=s.index('async function saveWhole'); k=s.index('return { file, sizeBytes, remove }',j); s=s[:k]+"globalThis.TT?.('saved');"+s[k:]
            s=s.replace("save: (bucket, key, ifMatch) => download(","save: (bucket, key, ifMatch) => (globalThis.TT?.('get asked'), download(",1).replace("(answer) => saveWhole(answer, key)),","(answer) => saveWhole(answer, key))),",1)
        if 'settled: Promise.all' in s: s=s.replace("const described = await opened;","globalThis.TT?.('open asked');const described = await opened;globalThis.TT?.('opened');",1)
        if s!=o or p=='index.mjs': s=s.replace("const require = requireFrom(import.meta.url);","const require = requireFrom(import.meta.url);globalThis.TT??=(w)=>"+A+";globalThis.TT('main evaluating '+import.meta.url.slice(-20)+' since origin '+performance.now().toFixed(0));",1)
    if s!=o: open(p,'w').write(s)
