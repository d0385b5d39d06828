/** What waits to be sent: bounded, kept across pages, shared by the tabs of one host. */

import { type Json, warn } from "./page";
import * as storage from "./storage";

/** One event, or one statement of who the visitor is. */
export interface Entry {
  /** The cookie of the visitor that it is about. */
  sc: string;
  event?: Json;
  /** `{token}` or `{user}`: of an event, what the server may not know yet of who the visitor was then. */
  identity?: Json | undefined;
}

/** What fits into one request, and the keys of the entries in it. */
export interface Batch {
  keys: string[];
  body: string;
}

const MOST_ENTRIES = 200;
/** Kept entries are longer than in a request, so this leaves room for the rest of one in 60,000 bytes. */
const MOST_BYTES = 59_000;
const MOST_EVENT_BYTES = 20_000;
const MOST_EVENTS_OF_A_REQUEST = 100;

const QUEUES = "q:";
let prefix = QUEUES;
let written = 1e6;

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Every site has its own queue. */
export const open = (site: string): void => {
  prefix = `${QUEUES}${site}:`;
};

/** The keys of the entries, oldest first. */
export const keys = (): string[] => storage.keys(prefix);

/** The entry; none where another tab has sent it meanwhile, and for what this script did not write. */
const read = (key: string): Entry | null | undefined => {
  try {
    return JSON.parse(storage.get(key)!) as Entry | null;
  } catch {
    return undefined;
  }
};

/** Who an entry is of. */
const whose = ({ sc, identity }: Entry): string => JSON.stringify([sc, identity]);

/** Takes entries out. */
export const remove = (gone: string[]): void => gone.forEach(storage.remove);

/** Puts an entry at the end. */
export const add = (entry: Entry): void => {
  const kept = keys().reverse();
  // Whoever was named and is not told yet has what comes after, in other tabs and on later pages too. What was told, the server knows.
  entry.identity ??= kept.map(read).find((former) => former?.sc === entry.sc)?.identity;
  const text = JSON.stringify(entry);
  let size = bytes(text);
  if (size > MOST_EVENT_BYTES) {
    warn("larger than 20 kB, left out:", entry.event?.name ?? "identify");
    return;
  }
  // Sorts by time, then by order within the page; the random end keeps tabs apart.
  storage.put(`${prefix}${Date.now()}:${written++}:${Math.random()}`, text);
  // The newest stay.
  let count = 1;
  const surplus = kept.filter((key) => ++count > MOST_ENTRIES || (size += bytes(storage.get(key)!)) > MOST_BYTES);
  if (surplus[0]) warn("the queue is full, the oldest left out:", surplus.length);
  remove(surplus);
};

/** Forgets everything, whichever site it is for. */
export const clear = (): void => remove(storage.keys(QUEUES));

/** The oldest entries but `skip` that one request can carry: of one visitor with one identity, 100 events and 60,000 bytes. */
export const next = (site: string, skip: string[]): Batch | undefined => {
  const taken: string[] = [];
  const events: Json[] = [];
  let first: Entry | undefined;
  let size = 0;
  for (const key of keys().filter((key) => !skip.includes(key))) {
    const entry = read(key);
    if (!entry) {
      storage.remove(key);
      continue;
    }
    first ??= entry;
    size += bytes(storage.get(key)!);
    // All of a request is whose its identity is: what came before may be somebody else's.
    if (whose(first) !== whose(entry) || events.length === MOST_EVENTS_OF_A_REQUEST || size > MOST_BYTES) break;
    if (entry.event) events.push(entry.event);
    taken.push(key);
  }
  return first && { keys: taken, body: JSON.stringify({ site, sc: first.sc, sentAt: Date.now(), ...first.identity, events }) };
};
