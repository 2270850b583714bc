/** Drawn properties that style sheets set: a file on its own needs them on the elements. */
const DRAWN = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-family',
  'text-anchor',
];
const PNG_SCALE = 2;

/** What stands around the drawing in a file. */
export interface Caption {
  title: string;
  /** Which runs, and what was held fixed. */
  note: string;
  /** Marker (as drawn on the page) and name of each visible line. */
  legend: { marker: SVGSVGElement; label: string }[];
}

const MARGIN_PX = 12;
const TITLE_PX = 46;
const LEGEND_ROW_PX = 20;

/** The chart as a file that stands alone: resolved colours, a ground, title and note above, the legend below. */
export function chartSvg(svg: SVGSVGElement, { title, note, legend }: Caption): string {
  const { width, height: plotHeight } = svg.getBoundingClientRect();
  const page = getComputedStyle(document.body);
  const rows = legendRows(legend, width - 2 * MARGIN_PX);
  const height = TITLE_PX + plotHeight + rows.length * LEGEND_ROW_PX + MARGIN_PX;
  const keys = rows.flatMap((row, index) =>
    row.map(({ x, label, marker }) => {
      const y = TITLE_PX + plotHeight + index * LEGEND_ROW_PX;
      return `<g transform="translate(${MARGIN_PX + x},${y})">${drawingOf(marker)}<text x="20" y="11" font-size="12" fill="${page.color}">${escapeXml(label)}</text></g>`;
    }),
  );
  const font = page.fontFamily.replaceAll('"', "'");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}">`,
    `<rect width="100%" height="100%" fill="${page.backgroundColor}"/>`,
    `<text x="${MARGIN_PX}" y="20" font-size="14" font-weight="600" fill="${page.color}">${escapeXml(title)}</text>`,
    `<text x="${MARGIN_PX}" y="37" font-size="11" fill="${page.color}" opacity="0.7">${escapeXml(note)}</text>`,
    `<g transform="translate(0,${TITLE_PX})">${drawingOf(svg)}</g>`,
    ...keys,
    '</svg>',
  ].join('');
}

/** The same as pixels, twice as fine as on screen. */
export async function chartPng(svg: SVGSVGElement, caption: Caption): Promise<Blob> {
  const source = URL.createObjectURL(new Blob([chartSvg(svg, caption)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * PNG_SCALE;
    canvas.height = image.height * PNG_SCALE;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The browser could not draw the picture.')))),
    );
  } finally {
    URL.revokeObjectURL(source);
  }
}

/** What is inside an SVG element, with the style sheet's colours written onto it. */
function drawingOf(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>('*');
  copy.querySelectorAll<SVGElement>('*').forEach((element, index) => {
    const original = originals[index];
    if (!original) return;
    const style = getComputedStyle(original);
    element.removeAttribute('class');
    element.removeAttribute('style');
    for (const name of DRAWN) element.setAttribute(name, style.getPropertyValue(name));
  });
  return [...copy.childNodes].map((node) => new XMLSerializer().serializeToString(node)).join('');
}

/** Puts the keys of a legend into rows. */
function legendRows(legend: Caption['legend'], width: number): (Caption['legend'][number] & { x: number })[][] {
  const rows: (Caption['legend'][number] & { x: number })[][] = [[]];
  let x = 0;
  for (const key of legend) {
    const keyWidth = 36 + key.label.length * 7;
    if (x > 0 && x + keyWidth > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ ...key, x });
    x += keyWidth;
  }
  return rows;
}

/** Hands a file made in the browser to the user. */
export function saveFile(content: Blob | string, fileName: string, type = 'text/plain'): void {
  const url = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
