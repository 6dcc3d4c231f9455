/** Small files of the kinds that the page shows, made here. */
import { crc32, deflateSync } from 'node:zlib';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGB_OF_8_BITS = [8, 2, 0, 0, 0];

/** A picture: an evening sky over hills. */
export function png(width: number, height: number): Buffer {
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + 3 * width);
    for (let x = 0; x < width; x++) row.set(colourAt(x / width, y / height), 1 + 3 * x);
    return row;
  });
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', Buffer.concat([size, Buffer.from(RGB_OF_8_BITS)])),
    pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param x from 0 to 1 @param y from 0 to 1, downwards */
function colourAt(x: number, y: number): readonly [number, number, number] {
  const hills = [0.62 + 0.09 * Math.sin(5 * x + 1), 0.74 + 0.07 * Math.sin(8 * x + 3), 0.86 + 0.05 * Math.sin(6 * x)];
  const covering = hills.filter((top) => y > top).length;
  if (covering > 0) return [64 - 16 * covering, 92 - 20 * covering, 118 - 22 * covering];
  return [70 + 180 * y, 110 + 90 * y, 180 - 40 * y];
}

function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

/** A document of so many pages, each with its words in one line. @param pages without brackets and backslashes */
export function pdf(pages: readonly string[]): Buffer {
  const first = 4;
  const kids = pages.map((_, index) => `${first + 2 * index} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((words, index) => {
      const drawing = `BT /F1 24 Tf 72 700 Td (${words}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${first + 2 * index + 1} 0 R ` +
          '/Resources << /Font << /F1 3 0 R >> >> >>',
        `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
      ];
    }),
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${end}`, 'latin1');
}

const SAMPLE_RATE = 48_000;

/** So many seconds of a low tone, in mono: 96 KB each. */
export function wav(seconds: number): Buffer {
  const samples = SAMPLE_RATE * seconds;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + 2 * samples, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(2 * SAMPLE_RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(2 * samples, 40);
  const period = Buffer.alloc(2 * (SAMPLE_RATE / 100));
  for (let at = 0; at < period.length / 2; at++) {
    period.writeInt16LE(Math.round(3000 * Math.sin((2 * Math.PI * at) / (period.length / 2))), 2 * at);
  }
  return Buffer.concat([head, Buffer.alloc(2 * samples, period)]);
}

/** A film that a browser records of itself: a second of a moving square, as WebM. Run in a page. */
export async function recordFilm(): Promise<number[]> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const drawing = canvas.getContext('2d')!;
  let at = 0;
  const draw = (): void => {
    at += 4;
    drawing.fillStyle = '#14508c';
    drawing.fillRect(0, 0, 320, 180);
    drawing.fillStyle = '#f0a000';
    drawing.fillRect(at % 320, 60, 60, 60);
  };
  draw();
  const drawn = setInterval(draw, 40);
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' });
  const parts: Blob[] = [];
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.addEventListener('stop', () => resolve());
  recorder.start();
  setTimeout(() => recorder.stop(), 1000);
  await stopped;
  clearInterval(drawn);
  return Array.from(new Uint8Array(await new Blob(parts).arrayBuffer()));
}
