import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Calls of AWS that a source file makes: the SDK's name of it, such as `GetObjectCommand`, and where. */
export type SdkCalls = Map<string, Set<string>>;

/** Value imports of the SDK that call nothing by themselves. */
const notACall = /Client$|^from[A-Z]|^NodeHttpHandler$/;
/** Our own modules that make requests without the SDK, and which ones: whoever imports them makes those. */
const BY_ITSELF: Record<string, string[]> = {
  'signature.ts': ['SignedGet'],
  'plain-objects.ts': ['SignedGet', 'SignedPut'],
};

/** The calls of the files and of all of ours that they import. */
export function collectSdkCalls(entries: string[], options: { followImports: boolean }): SdkCalls {
  const calls: SdkCalls = new Map();
  const seen = new Set<string>();
  const waiting = entries.map((entry) => path.resolve(entry));
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { from, names } of valueImports(file)) {
      if (from.startsWith('.')) {
        const target = path.resolve(path.dirname(file), from);
        for (const name of BY_ITSELF[path.basename(target)] ?? []) note(calls, name, file);
        if (options.followImports && existsSync(target) && target.endsWith('.ts')) waiting.push(target);
      } else if (from.startsWith('@aws-sdk/') || from.startsWith('@smithy/')) {
        for (const name of names) if (!notACall.test(name)) note(calls, name, file);
      }
    }
  }
  return calls;
}

function note(calls: SdkCalls, name: string, file: string): void {
  calls.set(name, (calls.get(name) ?? new Set()).add(path.relative(process.cwd(), file)));
}

/** What a file imports that is there when it runs: types are not. */
function valueImports(file: string): { from: string; names: string[] }[] {
  const found: { from: string; names: string[] }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const from = node.moduleSpecifier.text;
      const clause = node.importClause;
      if (clause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
        const bindings = clause?.namedBindings;
        if (bindings && ts.isNamespaceImport(bindings) && from.startsWith('@aws-sdk/'))
          throw new Error(`${file} imports all of ${from}: which calls it makes cannot be told`);
        const elements = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
        const names = elements.filter((each) => !each.isTypeOnly).map((each) => (each.propertyName ?? each.name).text);
        if (names.length > 0 || clause?.name || elements.length === 0) found.push({ from, names });
      }
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      !node.isTypeOnly
    ) {
      found.push({ from: node.moduleSpecifier.text, names: [] });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteral(specifier)) found.push({ from: specifier.text, names: [] });
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && node.arguments?.[0]) {
      // A thread's file: `new Worker(new URL('./session-worker.ts', …))`.
      const [specifier] = node.arguments;
      if (ts.isStringLiteral(specifier) && /^\.\/.*\.ts$/.test(specifier.text))
        found.push({ from: specifier.text, names: [] });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}
