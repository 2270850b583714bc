import { XMLParser } from 'fast-xml-parser';
import { AwsError } from '../aws-error.ts';

/** A tree to be written as XML: text, a list (the element is repeated), or children; undefined is left out. */
export type XmlNode = string | number | boolean | Date | undefined | XmlNode[] | { [name: string]: XmlNode };

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  processEntities: true,
});

/** An S3 answer: XML declaration, root element in S3's namespace. */
export function toXml(root: string, content: { [name: string]: XmlNode }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${children(content)}</${root}>`;
}

/** S3's error document (it has no namespace). */
export function errorXml(fields: { [name: string]: XmlNode }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${children(fields)}</Error>`;
}

/** Parses a request body and returns the root element; throws MalformedXML. */
export function fromXml(text: string, root: string): Record<string, unknown> {
  try {
    const parsed = (parser.parse(text) as Record<string, unknown>)[root];
    if (parsed !== null && typeof parsed === 'object') return parsed as Record<string, unknown>;
  } catch {
    // Falls through to the same answer: what came is not what S3 takes.
  }
  throw new AwsError('MalformedXML', `The XML you provided was not well-formed or has no ${root} element`);
}

function children(content: { [name: string]: XmlNode }): string {
  return Object.entries(content)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => element(name, each)))
    .join('');
}

function element(name: string, value: XmlNode): string {
  if (value === undefined) return '';
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (typeof value === 'object' && !Array.isArray(value)) return `<${name}>${children(value)}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** Control characters that XML 1.0 cannot hold are written as references, as S3 does. */
function escapeXml(text: string): string {
  return (
    text
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are meant
      .replace(/[\u0000-\u001f]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`)
  );
}
