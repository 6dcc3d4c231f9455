/** The page of a link: what it leads to, and a button. It has no script, so that it works everywhere. */
import { cipher } from '../../cipher/index.ts';
import { toBase64 } from '../../base64.ts';
import { utf8 } from '../../bytes.ts';

const STYLE = `
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; padding: 0.6rem 1.4rem; border: 0; border-radius: 0.4rem; color: #fff; background: #14508c; cursor: pointer; }
button:hover { background: #0e3a66; }
button:focus-visible { outline: 0.2rem solid #f0a000; outline-offset: 0.2rem; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #16181b; } }
`;

/** Its own style, a form to itself, and nothing else at all. */
export const SHARE_POLICY: string = [
  "default-src 'none'",
  `style-src 'sha256-${toBase64(cipher.sha256([utf8(STYLE)]))}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @param action where the button leads: a path of the service, of characters that need no escaping */
export function sharePage({
  name,
  size,
  action,
}: {
  readonly name: string;
  readonly size: number;
  readonly action: string;
}): string {
  return page(
    name,
    `<h1>${escaped(name)}</h1>
<p>${escaped(readableSize(size))}. Somebody shared this file with you.</p>
<form method="post" action="${escaped(action)}"><button type="submit">Download</button></form>`,
  );
}

/** The same for every link that is not in force, whatever the reason. */
export function notFoundPage(): string {
  return page(
    'Not found',
    `<h1>There is nothing here</h1>
<p>The link is wrong, or it has expired, was used up or was revoked. Ask whoever sent it for another one.</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** By thousands, as browsers and file managers say it. */
function readableSize(size: number): string {
  const power = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  if (power === 0) return size === 1 ? '1 byte' : `${size} bytes`;
  return `${(size / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}
