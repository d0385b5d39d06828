/** Page views: of the loaded page, and of pages that it shows without loading. */

import { safely } from "./page";

/** The payload of a page view. */
export interface View {
  url: string;
  title: string;
  referrer: string;
}

let seen = "";
let referrer = "";

/** The address without its fragment, unless the fragment names a page (`#/cart`, `#!cart`). */
const address = (): string => location.href.replace(/#(?![!/]).*/, "");

/** The page view of the current page. */
export const view = (): View => {
  const url = address();
  if (url !== seen) {
    referrer = seen || document.referrer;
    seen = url;
  }
  return { url, title: document.title, referrer };
};

/** Whether `view` has not been called for the current address. */
export const isNew = (): boolean => address() !== seen;

/** Calls `onMove` after each navigation within the page. */
export const watch = (onMove: () => void): void => {
  const check = safely(() => {
    if (isNew()) onMove();
  });
  (["pushState", "replaceState"] as const).forEach((name) => {
    const original = history[name];
    history[name] = function (...args) {
      original.apply(this, args);
      check();
    };
  });
  addEventListener("popstate", check);
  // A page that the browser restores from its cache is not loaded again.
  addEventListener(
    "pageshow",
    safely((event: PageTransitionEvent) => {
      if (event.persisted) onMove();
    }),
  );
};
