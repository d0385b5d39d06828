/** The calls of the page, `selfsame(…)` and `eS(…)`, and the start. */

import * as legacy from "./legacy";
import { type Json, isObject, safely, uuid, warn } from "./page";
import * as queue from "./queue";
import * as sender from "./sender";
import * as views from "./views";
import * as visitor from "./visitor";

type Call = ((...args: unknown[]) => unknown) & { q?: ArrayLike<unknown>[] };

declare global {
  interface Window {
    selfsame?: Call & { ready?: true };
    eS?: Call;
  }
  interface Document {
    prerendering?: boolean;
  }
}

const script = document.currentScript as HTMLScriptElement | null;
let started = "";
/** Calls that wait until the site is known. */
let waiting: (() => void)[] = [];

const add = (entry: { event?: Json; identity?: Json }): void => {
  if (!visitor.allowed()) return;
  queue.add({ sc: visitor.current(), ...entry });
  sender.schedule();
};

const record = (name: unknown, payload: unknown = {}, at = Date.now()): void => {
  if (typeof name === "string" && name && isObject(payload)) add({ event: { id: uuid(), name, at, payload } });
  else warn("an event needs a name and an object");
};

const page = (): void => record("PageView", views.view());

/** Applications that show pages without loading set the title right after the address, so it is read a moment later. */
const moved = (): void => {
  const at = Date.now();
  const seen = views.view();
  setTimeout(safely(() => record("PageView", { ...seen, title: document.title }, at)));
};

const identify = (who: Json): void => {
  const { token } = who;
  const user: Json = {};
  const named = ["externalCustomerId", "email", "phone"].filter((kind) => who[kind] && (user[kind] = String(who[kind])));
  if (token || named[0]) add({ identity: token ? { token } : { user } });
  else warn("identify needs a token, externalCustomerId, email or phone");
};

const init = (options: Json = {}): void => {
  const site = options.site ?? (started || script?.dataset.site);
  const url = options.url ? String(options.url).replace(/\/*$/, "/t/") : script?.src;
  if (site === started) return;
  if (started || !site || !url) {
    warn(started ? "already started for another site" : "init needs site and url");
    return;
  }
  started = String(site);
  sender.start(started, new URL("events", url).href);
  if (visitor.allowed()) visitor.renew();
  page();
  views.watch(moved);
  waiting.forEach((call) => call());
  waiting = [];
};

/** Deletes the stored data of a visitor who does not want to be tracked. */
const respect = (): void => {
  if (!visitor.refused()) return;
  queue.clear();
  visitor.forget();
};

const consent = (given: unknown): void => {
  const before = visitor.allowed();
  visitor.consent(!!given);
  respect();
  if (started && !before && visitor.allowed()) page();
};

const reset = (): void => {
  visitor.forget();
  if (visitor.allowed()) visitor.current();
};

/** Runs `work` as soon as the site is known. */
const whenStarted = (work: () => void): void => {
  if (started) work();
  else waiting.push(safely(work));
};

const calls: Record<string, (first?: unknown, second?: unknown) => unknown> = {
  init: (options) => init(options as Json | undefined),
  track: (name, payload) => whenStarted(() => record(name, payload)),
  page: () => whenStarted(page),
  identify: (who) => whenStarted(() => identify(who as Json)),
  reset: () => whenStarted(reset),
  consent,
  id: () => (visitor.allowed() ? visitor.current() : undefined),
};

const selfsame = (name: unknown, first?: unknown, second?: unknown): unknown => {
  const call = calls[String(name)];
  if (!call) warn("there is no such call:", name);
  return call?.(first, second);
};

const former: legacy.Calls = {
  init,
  identify,
  track: record,
  view: () => {
    if (views.isNew()) page();
  },
};

const eS = (command: unknown, name: unknown, payload: unknown, tags: unknown): void => {
  const work = () => legacy.call(former, command, name, payload, tags);
  if (command === "init") work();
  else whenStarted(work);
};

/** Replaces the stub, and makes the calls that it has collected. */
const replace = (name: "selfsame" | "eS", call: Call): void => {
  const stub = window[name];
  window[name] = safely(call);
  for (const collected of stub?.q ?? []) {
    // The stub of the former service wraps each call in a further array.
    const call = (typeof collected[0] === "string" ? collected : collected[0]) as ArrayLike<unknown>;
    window[name]!(...Array.from(call));
  }
};

const start = (): void => {
  // The page has the snippet twice.
  if (window.selfsame?.ready) return;
  if (script?.dataset.consent === "required") visitor.requireConsent();
  respect();
  if (script?.dataset.site) init();
  replace("selfsame", selfsame);
  window.selfsame!.ready = true;
  replace("eS", eS);
};

// A page that the browser prepares in advance may never be shown.
if (document.prerendering) document.addEventListener("prerenderingchange", safely(start), { once: true });
else safely(start)();
