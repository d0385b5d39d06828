/** Sends the queue to the server. */

import { safely, warn } from "./page";
import * as queue from "./queue";
import * as visitor from "./visitor";

/** How long events are collected, and the pauses between attempts, in milliseconds. */
const COLLECT = 300;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 300_000;

let site = "";
let endpoint = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let busy = false;
/** The keys that this page has sent, answered or not. Beacons leave them out, requests do not. */
let tried: string[] = [];
let failures = 0;

const later = (pause: number): void => {
  clearTimeout(timer);
  timer = setTimeout(flush, pause);
};

/** Sends after the collecting time, together with entries that are added until then. */
export const schedule = (): void => {
  // A running timer collects already, or is a pause after a failure.
  if (!timer && !busy) later(COLLECT);
};

/** Sends one batch. Returns the server's `Retry-After` in milliseconds if the batch has to be sent again. */
const attempt = async (batch: queue.Batch): Promise<number | undefined> => {
  const response = await fetch(endpoint, { method: "POST", body: batch.body, keepalive: true, credentials: "omit" });
  if (response.status === 429 || response.status >= 500) {
    // Not a number if CORS does not let the page read the header.
    return +response.headers.get("retry-after")! * 1_000 || 0;
  }
  if (response.ok) {
    // Fails for answers that are not from our server, such as a hotel's log-in page, and for truncated ones.
    const answer = (await response.json()) as { refused?: unknown[] };
    answer.refused?.forEach((refusal) => warn("refused:", refusal));
  } else {
    const problem = (await response.json().catch(() => 0)) as { detail?: unknown };
    warn("not accepted:", problem.detail ?? response.status);
  }
  queue.remove(batch.keys);
  return undefined;
};

const flush = async (): Promise<void> => {
  clearTimeout(timer);
  timer = undefined;
  if (busy || !visitor.allowed()) return;
  const batch = queue.next(site, []);
  if (!batch) return;
  busy = true;
  tried.push(...batch.keys);
  // A network failure is handled like a server failure.
  const pause = await attempt(batch).catch(() => 0);
  busy = false;
  if (pause === undefined) {
    failures = 0;
    later(0);
  } else {
    const growing = Math.min(FIRST_PAUSE * 2 ** failures++, LONGEST_PAUSE) * (0.5 + Math.random() / 2);
    later(Math.max(pause, growing));
  }
};

/**
 * Sends the queue by beacon when the page is left. A beacon does not report whether it arrived, so its entries stay in the queue until a
 * request is answered, on the next page if necessary. The server recognises events that it has already by their IDs.
 */
const leave = (): void => {
  if (failures || !visitor.allowed()) return;
  for (;;) {
    const batch = queue.next(site, tried);
    if (!batch || !navigator.sendBeacon(endpoint, batch.body)) return;
    tried.push(...batch.keys);
  }
};

/** Starts to send the site's queue, including the entries of former pages. */
export const start = (key: string, url: string): void => {
  site = key;
  endpoint = url;
  queue.open(site);
  addEventListener("online", () => later(0));
  addEventListener("pagehide", safely(leave));
  // The event fires when the page is hidden and when it is shown again; a beacon is fine in both cases.
  document.addEventListener("visibilitychange", safely(leave));
  schedule();
};
