/** Page views: of the page that was loaded, and of those that it shows without loading. */

import { safely } from "./page";

/** What is told about a page view. */
export interface View {
  url: string;
  title: string;
  referrer: string;
}

let seen = "";
let referrer = "";

/** The address without the place within the page, unless the place is a page of its own (`#/cart`, `#!cart`). */
const address = (): string => location.href.replace(/#(?![!/]).*/, "");

/** The page as it is now. */
export const view = (): View => {
  const url = address();
  if (url !== seen) {
    referrer = seen || document.referrer;
    seen = url;
  }
  return { url, title: document.title, referrer };
};

/** Whether the page has not been looked at by `view` yet. */
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
  // A page that comes back as it was left is not loaded again.
  addEventListener(
    "pageshow",
    safely((event: PageTransitionEvent) => {
      if (event.persisted) onMove();
    }),
  );
};
