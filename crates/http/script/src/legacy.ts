/** The calls `eS(…)` of the former service. */

import { type Json, isObject, warn } from "./page";

/** The actions of `eS` calls. */
export interface Calls {
  init(options?: Json): void;
  track(name: unknown, payload: unknown): void;
  /** The page view, unless this page has been counted. */
  view(): void;
  identify(user: Json): void;
}

const event = (calls: Calls, name: string, sent: Json, tags?: unknown): void => {
  const { GeneralInfo, ...whole } = sent;
  const { [name]: own, ...rest } = whole;
  // A list (of a cart, of bought items) keeps its name; an object is the payload itself.
  const { GeneralInfo: inner, ...payload } = isObject(own) ? { ...rest, ...own } : whole;
  if (tags !== undefined) payload.tags = tags;
  const who = GeneralInfo ?? inner ?? (name === "CustomerData" ? payload : undefined);
  if (isObject(who)) {
    calls.identify({
      externalCustomerId: who.externalCustomerId,
      email: who.user_email ?? who.email,
      phone: who.user_phone ?? who.phone,
    });
  }
  // Such sites report pages that are shown without loading; the script has counted them already.
  if (name === "PageView" && !Object.keys(payload).length) calls.view();
  else calls.track(name, payload);
};

/** Executes a call. */
export const call = (calls: Calls, command: unknown, name: unknown, payload: unknown = {}, tags?: unknown): void => {
  if (command === "init") calls.init(name as Json | undefined);
  else if (!/^sendEvent(WithTags)?$/.test(String(command))) warn("there is no such call:", command);
  else if (isObject(payload)) event(calls, name as string, payload, tags);
  else calls.track(name, payload);
};
