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

/** The chart as a file that stands alone: resolved colours, a ground, the title above. */
export function chartSvg(svg: SVGSVGElement, title: string): string {
  const { width, height } = svg.getBoundingClientRect();
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
  const titleHeight = 30;
  const ground = getComputedStyle(document.body).backgroundColor;
  const ink = getComputedStyle(document.body).color;
  const serialized = [...copy.childNodes].map((node) => new XMLSerializer().serializeToString(node)).join('');
  const font = getComputedStyle(document.body).fontFamily.replaceAll('"', "'");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + titleHeight}" viewBox="0 0 ${width} ${height + titleHeight}" font-family="${font}"><rect width="100%" height="100%" fill="${ground}"/><text x="12" y="20" font-size="14" font-weight="600" fill="${ink}">${escapeXml(title)}</text><g transform="translate(0,${titleHeight})">${serialized}</g></svg>`;
}

/** The same as pixels, twice as fine as on screen. */
export async function chartPng(svg: SVGSVGElement, title: string): Promise<Blob> {
  const source = URL.createObjectURL(new Blob([chartSvg(svg, title)], { type: 'image/svg+xml' }));
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
