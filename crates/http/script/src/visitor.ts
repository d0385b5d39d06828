/** Who is in front of the browser: the first-party cookie `sc`, and whether it may be used. */

import { uuid } from "./page";
import * as storage from "./storage";

/** In seconds. */
const YEAR = 31_536_000;

/** Used where the browser takes no cookie: a visitor then lasts as long as the page. */
let unkept: string | undefined;
let required = false;

/** Visible characters, as the former service may have set it; a semicolon ends a cookie. */
const read = (): string | undefined => /(?:^|; )sc=([!-:<-~]{1,250})(?:;|$)/.exec(document.cookie)?.[1];

const set = (value: string, age: number, domain: string): void => {
  document.cookie =
    `sc=${value}; path=/; max-age=${age}; SameSite=Lax` +
    (domain && "; domain=" + domain) +
    (location.protocol === "https:" ? "; Secure" : "");
};

/** Where the cookie can be: the page's own host alone (""), then each domain from the host to the top. */
const domains = (): string[] => [
  "",
  ...location.hostname.split(".").map((_, start, labels) => labels.slice(start).join(".")),
];

/** Ends the visitor: the next one is new. */
export const forget = (): void => {
  unkept = undefined;
  domains().forEach((domain) => set("", 0, domain));
};

const keep = (value: string): void => {
  // First away with the cookie wherever it was: two of one name on two domains would take turns. What can be read
  // afterwards shows which domain the browser took; it refuses "com" and "co.uk".
  forget();
  const taken = domains()
    .reverse()
    .some((domain) => {
      set(value, YEAR, domain);
      return read() === value;
    });
  if (!taken) unkept = value;
};

/** The visitor's cookie, made when there is none. */
export const current = (): string => {
  const known = read() ?? unkept;
  if (known) return known;
  const made = uuid();
  keep(made);
  return made;
};

/** Gives the cookie another year, on the domain that all hosts of the site share. */
export const renew = (): void => keep(current());

const objects = (): boolean =>
  navigator.doNotTrack === "1" || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** Whether the visitor said no, here or in the browser's settings. */
export const refused = (): boolean => objects() || storage.get("consent") === "0";

/** Whether anything may be stored and sent. */
export const allowed = (): boolean => !refused() && (!required || storage.get("consent") === "1");

/** Nothing happens until the visitor has agreed. */
export const requireConsent = (): void => {
  required = true;
};

/** Remembers the visitor's answer. */
export const consent = (given: boolean): void => storage.put("consent", given ? "1" : "0");
