/** The queue of entries to send: bounded, kept across pages, shared by the tabs of one host. */

import { type Json, warn } from "./page";
import * as storage from "./storage";

/** One event, or one identification of the visitor. */
export interface Entry {
  /** The visitor's cookie. */
  sc: string;
  event?: Json;
  /** `{token}` or `{user}`: the identification. An event has it while the server may not know it yet. */
  identity?: Json | undefined;
}

/** The body of one request, and the keys of its entries. */
export interface Batch {
  keys: string[];
  body: string;
}

const MOST_ENTRIES = 200;
/** Stored entries are longer than in a request, so this leaves room for the rest of a request of 60,000 bytes. */
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

/** The entry; none if another tab has sent it meanwhile, or this script did not write it. */
const read = (key: string): Entry | null | undefined => {
  try {
    return JSON.parse(storage.get(key)!) as Entry | null;
  } catch {
    return undefined;
  }
};

/** A text that is equal for entries of one visitor with one identification. */
const whose = ({ sc, identity }: Entry): string => JSON.stringify([sc, identity]);

/** Removes entries. */
export const remove = (gone: string[]): void => gone.forEach(storage.remove);

/** Puts an entry at the end. */
export const add = (entry: Entry): void => {
  const kept = keys().reverse();
  // An unsent identification applies to all later events, in other tabs and on later pages too. The server knows a sent one.
  entry.identity ??= kept.map(read).find((former) => former?.sc === entry.sc)?.identity;
  const text = JSON.stringify(entry);
  let size = bytes(text);
  if (size > MOST_EVENT_BYTES) {
    warn("larger than 20 kB, left out:", entry.event?.name ?? "identify");
    return;
  }
  // The key sorts by time, then by order within the page; the random end separates tabs.
  storage.put(`${prefix}${Date.now()}:${written++}:${Math.random()}`, text);
  // The newest stay.
  let count = 1;
  const surplus = kept.filter((key) => ++count > MOST_ENTRIES || (size += bytes(storage.get(key)!)) > MOST_BYTES);
  if (surplus[0]) warn("the queue is full, the oldest left out:", surplus.length);
  remove(surplus);
};

/** Deletes the queues of all sites. */
export const clear = (): void => remove(storage.keys(QUEUES));

/** The oldest entries except `skip` that fit into one request: of one visitor with one identification, 100 events and 60,000 bytes. */
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
    // The identification applies to the whole request; earlier events may belong to another person.
    if (whose(first) !== whose(entry) || events.length === MOST_EVENTS_OF_A_REQUEST || size > MOST_BYTES) break;
    if (entry.event) events.push(entry.event);
    taken.push(key);
  }
  return first && { keys: taken, body: JSON.stringify({ site, sc: first.sc, sentAt: Date.now(), ...first.identity, events }) };
};
