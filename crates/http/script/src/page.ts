/** Helpers for the page that the script runs in, used by every part of the script. */

/** A JSON object. */
export type Json = Record<string, unknown>;

/** Writes a warning for the developer of the page to the console. */
export const warn = (...what: unknown[]): void => console.warn("selfsame:", ...what);

/** Wraps a function: what it throws becomes a warning, never an error of the page. */
export const safely =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return work(...args);
    } catch (error) {
      warn(error);
      return undefined;
    }
  };

/** Whether the value is an object in the sense of JSON. */
export const isObject = (value: unknown): value is Json =>
  !!value && typeof value === "object" && !Array.isArray(value);

/** A random UUID. `crypto.randomUUID` is missing on pages without TLS. */
export const uuid = (): string =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16),
  );
