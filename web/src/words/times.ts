/** Times and numbers as people say them. */

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const IN_FULL = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "long" });
const DAY_OF_YEAR = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "long",
  year: "numeric",
});

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** "just now", "5 minutes ago", "yesterday"; the date of what is older than a week. */
export function timeSince(when: Date, now: number): string {
  const age = Math.max(0, now - when.getTime());
  if (age < MINUTE_MS) return "just now";
  if (age < HOUR_MS) return RELATIVE.format(-Math.floor(age / MINUTE_MS), "minute");
  if (age < DAY_MS) return RELATIVE.format(-Math.floor(age / HOUR_MS), "hour");
  if (age < WEEK_MS) return RELATIVE.format(-Math.floor(age / DAY_MS), "day");
  const isThisYear = when.getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? DAY : DAY_OF_YEAR).format(when);
}

export function dateInFull(when: Date): string {
  return IN_FULL.format(when);
}

/** "in a few seconds", "in about a minute", "in about 3 minutes", "in about 2 hours". */
export function waitInWords(seconds: number): string {
  if (seconds <= 10) return "in a few seconds";
  if (seconds < 45) return `in about ${Math.ceil(seconds / 10) * 10} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes <= 1) return "in about a minute";
  if (minutes < 60) return `in about ${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? "in about an hour" : `in about ${hours} hours`;
}

/** "1 follower", "1,200 followers". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
