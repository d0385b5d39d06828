/** The visitor: the first-party cookie `sc`, and the consent to use it. */

import { uuid } from "./page";
import * as storage from "./storage";

/** In seconds. */
const YEAR = 31_536_000;

/** The visitor if the browser takes no cookie: it lasts as long as the page. */
let unkept: string | undefined;
let required = false;

/** Reads the cookie: visible characters, because the former service may have set it; a semicolon ends a cookie. */
const read = (): string | undefined => /(?:^|; )sc=([!-:<-~]{1,250})(?:;|$)/.exec(document.cookie)?.[1];

const set = (value: string, age: number, domain: string): void => {
  document.cookie =
    `sc=${value}; path=/; max-age=${age}; SameSite=Lax` +
    (domain && "; domain=" + domain) +
    (location.protocol === "https:" ? "; Secure" : "");
};

/** The possible domains of the cookie: the page's host alone (""), then each domain from the host to the top. */
const domains = (): string[] => [
  "",
  ...location.hostname.split(".").map((_, start, labels) => labels.slice(start).join(".")),
];

/** Deletes the cookie, so that the next visitor is new. */
export const forget = (): void => {
  unkept = undefined;
  domains().forEach((domain) => set("", 0, domain));
};

const keep = (value: string): void => {
  // First delete the cookie on all domains: the value of two cookies with one name would be undefined. A successful read
  // afterwards shows that the browser accepted the domain; it refuses "com" and "co.uk".
  forget();
  const taken = domains()
    .reverse()
    .some((domain) => {
      set(value, YEAR, domain);
      return read() === value;
    });
  if (!taken) unkept = value;
};

/** The visitor's cookie, created if there is none. */
export const current = (): string => {
  const known = read() ?? unkept;
  if (known) return known;
  const made = uuid();
  keep(made);
  return made;
};

/** Extends the cookie by a year, on the domain that all hosts of the site share. */
export const renew = (): void => keep(current());

const objects = (): boolean =>
  navigator.doNotTrack === "1" || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** Whether the visitor refused, on the page or in the browser's settings. */
export const refused = (): boolean => objects() || storage.get("consent") === "0";

/** Whether the script may store and send data. */
export const allowed = (): boolean => !refused() && (!required || storage.get("consent") === "1");

/** Stores and sends nothing until the visitor has agreed. */
export const requireConsent = (): void => {
  required = true;
};

/** Stores the visitor's answer. */
export const consent = (given: boolean): void => storage.put("consent", given ? "1" : "0");
