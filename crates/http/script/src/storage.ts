/**
 * localStorage, and the memory of the page where the browser refuses it (private windows, blocked cookies, a full disk).
 * One key per value: tabs that write at once cannot overwrite each other's.
 */

const PREFIX = "selfsame:";
const memory = new Map<string, string>();
let local: Storage | undefined;
try {
  local = localStorage;
} catch {
  // Some browsers throw when it is merely looked at.
}

/** The kept value. What could not be written is newer than what was. */
export const get = (key: string): string | null | undefined => memory.get(key) ?? local?.getItem(PREFIX + key);

/** Forgets the value. */
export const remove = (key: string): void => {
  memory.delete(key);
  local?.removeItem(PREFIX + key);
};

/** Keeps the value. */
export const put = (key: string, value: string): void => {
  memory.set(key, value);
  try {
    local!.setItem(PREFIX + key, value);
    memory.delete(key);
  } catch {
    // It stays in memory.
  }
};

/** The keys that start with the text, in their order. */
export const keys = (start: string): string[] =>
  [...Object.keys(local ?? {}).map((key) => key.replace(PREFIX, "")), ...memory.keys()]
    .filter((key) => key.startsWith(start))
    .sort();
