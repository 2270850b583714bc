const QUOTE = 34;
const BACKSLASH = 92;
const isOpening = (code: number) => code === 91 || code === 123;
const isClosing = (code: number) => code === 93 || code === 125;

/**
 * The elements of a JSON array of objects, parsed one after the other as its text arrives: a file of any size needs the
 * memory of one element. Stops reading when the caller does.
 * @param chunks UTF-8 bytes
 */
export async function* readJsonArray(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let element = '';
  let depth = 0;
  let inString = false;
  let escaped = false;
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
        continue;
      }
      if (code === QUOTE) inString = true;
      else if (isOpening(code)) {
        depth++;
        if (depth === 2) {
          element = '';
          from = at;
        }
      } else if (isClosing(code)) {
        depth--;
        if (depth === 1) {
          yield JSON.parse(element + text.slice(from, at + 1));
          element = '';
          from = text.length;
        }
      }
    }
    if (depth >= 2) element += text.slice(from);
  }
  if (depth !== 0) throw new SyntaxError('The JSON array ends in the middle');
}
