const ASCII_ZERO = 0x30;
/** Issuers print no date further ahead; a later one is a typing mistake. */
const FURTHEST_YEARS = 19;

export type CalendarMonth = { readonly year: number; readonly month: number };

/** The month that it is at `wallMs` (milliseconds since the epoch) in an IANA time zone. */
export function calendarMonth(wallMs: number, timeZone: string): CalendarMonth {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', year: 'numeric', month: 'numeric' });
  const parts = format.formatToParts(wallMs);
  const numberOf = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: numberOf('year'), month: numberOf('month') };
}

export function isTimeZone(timeZone: string): boolean {
  try {
    calendarMonth(0, timeZone);
    return true;
  } catch {
    return false;
  }
}

/**
 * Judges an expiration date keyed as exactly MMYY (ASCII digits). A card is good until its month ends, so the current
 * month is valid and the one before is not. The two digits name a year from now on: 05 in 2099 is 2105.
 */
export function isValidExpirationDate(digits: Uint8Array, now: CalendarMonth): boolean {
  if (digits.length !== 4) return false;
  const month = twoDigits(digits, 0);
  if (month < 1 || month > 12) return false;
  const yearsAhead = (twoDigits(digits, 2) - (now.year % 100) + 100) % 100;
  if (yearsAhead > FURTHEST_YEARS) return false;
  return yearsAhead > 0 || month >= now.month;
}

function twoDigits(digits: Uint8Array, at: number): number {
  return (digits[at] - ASCII_ZERO) * 10 + digits[at + 1] - ASCII_ZERO;
}
