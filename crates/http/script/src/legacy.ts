/** The calls `eS(…)` of the service that a site used before. */

import { type Json, isObject, warn } from "./page";

/** What an `eS` call comes down to. */
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
  // A list (of the cart, of what was bought) stays under its name; an object is the payload itself.
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
  // Such sites report pages shown without loading by hand; those are counted already.
  if (name === "PageView" && !Object.keys(payload).length) calls.view();
  else calls.track(name, payload);
};

/** Does what the call asks for. */
export const call = (calls: Calls, command: unknown, name: unknown, payload: unknown = {}, tags?: unknown): void => {
  if (command === "init") calls.init(name as Json | undefined);
  else if (!/^sendEvent(WithTags)?$/.test(String(command))) warn("there is no such call:", command);
  else if (isObject(payload)) event(calls, name as string, payload, tags);
  else calls.track(name, payload);
};
