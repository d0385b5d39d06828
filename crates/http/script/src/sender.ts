/** Brings the queue to the server. */

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
/** What this page has sent, answered or not: beacons leave it out, requests do not. */
let tried: string[] = [];
let failures = 0;

const later = (pause: number): void => {
  clearTimeout(timer);
  timer = setTimeout(flush, pause);
};

/** Sends soon, together with what comes until then. */
export const schedule = (): void => {
  // A timer that runs collects already, or waits for a server in trouble.
  if (!timer && !busy) later(COLLECT);
};

/** Sends one batch. Returns the pause that the server asks for, in milliseconds, when it has to be tried again. */
const attempt = async (batch: queue.Batch): Promise<number | undefined> => {
  const response = await fetch(endpoint, { method: "POST", body: batch.body, keepalive: true, credentials: "omit" });
  if (response.status === 429 || response.status >= 500) {
    // Not a number where the server's answer does not let the page read it.
    return +response.headers.get("retry-after")! * 1_000 || 0;
  }
  if (response.ok) {
    // Fails for what is not our server's: a hotel's log-in page, an answer that was cut off.
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
  // A network that fails is as good as a server in trouble.
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
 * The page goes. A beacon tells nothing of its fate, so it is a first try alone: what it carries stays in the queue until a request is
 * answered, on the next page if need be. The server knows by its identity what it has already.
 */
const leave = (): void => {
  if (failures || !visitor.allowed()) return;
  for (;;) {
    const batch = queue.next(site, tried);
    if (!batch || !navigator.sendBeacon(endpoint, batch.body)) return;
    tried.push(...batch.keys);
  }
};

/** Starts to send what the site's queue holds, that of former pages included. */
export const start = (key: string, url: string): void => {
  site = key;
  endpoint = url;
  queue.open(site);
  addEventListener("online", () => later(0));
  addEventListener("pagehide", safely(leave));
  // Coming back is as good a moment as going.
  document.addEventListener("visibilitychange", safely(leave));
  schedule();
};
