/**
 * localStorage, and the memory of the page if the browser refuses it (private windows, blocked cookies, a full disk).
 * One key per value, so that tabs that write at once cannot overwrite each other's values.
 */

const PREFIX = "selfsame:";
const memory = new Map<string, string>();
let local: Storage | undefined;
try {
  local = localStorage;
} catch {
  // Some browsers throw when a page only accesses the property.
}

/** The stored value. A value in memory could not be written, so it is newer than the one in localStorage. */
export const get = (key: string): string | null | undefined => memory.get(key) ?? local?.getItem(PREFIX + key);

/** Removes the value. */
export const remove = (key: string): void => {
  memory.delete(key);
  local?.removeItem(PREFIX + key);
};

/** Stores the value. */
export const put = (key: string, value: string): void => {
  memory.set(key, value);
  try {
    local!.setItem(PREFIX + key, value);
    memory.delete(key);
  } catch {
    // The value stays in memory.
  }
};

/** The keys that start with the text, in their order. */
export const keys = (start: string): string[] =>
  [...Object.keys(local ?? {}).map((key) => key.replace(PREFIX, "")), ...memory.keys()]
    .filter((key) => key.startsWith(start))
    .sort();
