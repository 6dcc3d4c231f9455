/** Dates as HTTP headers spell them (RFC 9110, section 5.6.7). */

/** "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date formats." */
const FORMATS: readonly RegExp[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^[A-Z][a-z]+, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

/** Milliseconds since 1970; undefined for what is no date. */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const format of FORMATS) {
    const date = format.exec(text)?.groups;
    if (date === undefined) continue;
    const day = date['day']!.trim().padStart(2, '0');
    const year = date['year']!.length === 2 ? fullYear(Number(date['year']), now) : date['year']!;
    const canonical = `${day} ${date['month']!} ${year} ${date['time']!} GMT`;
    const time = Date.parse(canonical);
    // Without this, the 31st of February would be a day in March.
    return Number.isNaN(time) || !formatHttpDate(time).endsWith(canonical) ? undefined : time;
  }
  return undefined;
}

/** @param time milliseconds since 1970; what is below a second is left out */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

/**
 * "Recipients of a timestamp value in rfc850-date format […] MUST interpret a timestamp that appears to be more than 50
 * years in the future as representing the most recent year in the past that had the same last two digits."
 */
function fullYear(twoDigits: number, now: number): string {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return String(year > thisYear + 50 ? year - 100 : year);
}
