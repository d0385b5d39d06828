// The parts of a browser window that the script uses, made from Node's own classes, with a clock that the test moves.

import { webcrypto as crypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import vm from "node:vm";

export const DIST = readFileSync(new URL("../dist/selfsame.js", import.meta.url));
export const SITE = "pk_test";

/** The state that survives a page: the cookies by domain ("" is the host alone), and localStorage. */
export class Profile {
  cookies = new Map();
  storage = Object.create({
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(key, value) {
      this[key] = String(value);
    },
    removeItem(key) {
      delete this[key];
    },
  });

  /** The value of the cookie `sc` on any domain. */
  get sc() {
    return [...this.cookies.values()][0];
  }
}

/** A counter for random values: different for all pages, and the same in every run. */
let randoms = 0;
const random = () => (++randoms * 0.618_033_988_749) % 1;

class Emitter {
  #listeners = [];
  addEventListener = (type, listener) => this.#listeners.push([type, listener]);
  emit(type, event = {}) {
    this.#listeners.filter(([name]) => name === type).forEach(([, listener]) => listener(event));
  }
}

/**
 * A page of the shop with the script on it. Options: `profile`, `url`, `data` (the `data-` attributes), `stub` (calls made
 * before the script), `eS` (the same for eS, in the form of the former service's stub), `navigator`, `localStorage: false`
 * for a browser that refuses it, `beacon: false` for one whose beacons are full, `cookies: false`, `now` in
 * milliseconds.
 */
export class Page {
  requests = [];
  beacons = [];
  warnings = [];
  /** The answers of the server, in order; the last one is repeated. An Error is a network failure. */
  answers = [{ status: 200, body: { stored: 1, refused: [] } }];
  #timers = new Map();
  #ids = 0;

  constructor({ profile = new Profile(), url = "https://www.shop.example.com/a", data = { site: SITE }, ...options } = {}) {
    Object.assign(this, { profile, url: new URL(url), options, now: options.now ?? 1_790_000_000_000 });
    this.window = new Emitter();
    this.document = this.#document(data);
    const stub = (calls) => calls && Object.assign(() => {}, { q: calls });
    const page = this;
    Object.assign(this.window, {
      document: this.document,
      console: { warn: (...what) => this.warnings.push(what.map((one) => one?.message ?? one).join(" ")) },
      crypto,
      TextEncoder,
      URL,
      location: {
        get href() {
          return page.url.href;
        },
        hostname: this.url.hostname,
        protocol: this.url.protocol,
      },
      navigator: { onLine: true, sendBeacon: (to, body) => this.#beacon(to, body), ...options.navigator },
      history: {
        pushState: (_state, _title, to) => (this.url = new URL(to, this.url)),
        replaceState: (_state, _title, to) => (this.url = new URL(to, this.url)),
      },
      fetch: (to, request) => this.#fetch(to, request),
      setTimeout: (work, pause = 0) => (this.#timers.set(++this.#ids, [this.now + pause, work]), this.#ids),
      clearTimeout: (id) => this.#timers.delete(id),
      selfsame: stub(options.stub),
      eS: stub(options.eS),
    });
    Object.defineProperty(this.window, "localStorage", {
      get() {
        if (options.localStorage === false) throw new Error("refused");
        return profile.storage;
      },
    });
    this.window.window = this.window;
    const context = vm.createContext(this.window);
    vm.runInContext("Date.now = () => now(); Math.random = () => random()", Object.assign(context, {
      now: () => this.now,
      random,
    }));
    vm.runInContext(DIST.toString(), context);
    this.document.currentScript = null;
  }

  #document(data) {
    const { profile, options, url } = this;
    const document = Object.assign(new Emitter(), {
      title: "A",
      referrer: "https://search.example/",
      currentScript: { src: "https://id.example.org/t/selfsame.js", dataset: data },
    });
    return Object.defineProperty(document, "cookie", {
      get() {
        return [...profile.cookies].map(([, value]) => `sc=${value}`).join("; ");
      },
      set(text) {
        const [pair, ...attributes] = text.split("; ");
        const of = (name) => attributes.find((one) => one.startsWith(name + "="))?.slice(name.length + 1);
        const domain = of("domain") ?? "";
        const own = domain === "" || url.hostname === domain || url.hostname.endsWith("." + domain);
        // Browsers refuse cookies on public suffixes.
        if (options.cookies === false || !own || domain === "com") return;
        profile.cookieText = text;
        if (of("max-age") === "0") profile.cookies.delete(domain);
        else profile.cookies.set(domain, pair.slice(3));
      },
    });
  }

  #beacon(to, body) {
    if (this.options.beacon === false) return false;
    this.beacons.push({ to, ...JSON.parse(body) });
    return true;
  }

  async #fetch(to, request) {
    this.requests.push({ to, at: this.now, request, bytes: Buffer.byteLength(request.body), ...JSON.parse(request.body) });
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer instanceof Error) throw answer;
    if (answer.pending) await answer.pending;
    return {
      status: answer.status,
      ok: answer.status < 300,
      headers: new Headers(answer.headers),
      json: async () => JSON.parse(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)),
    };
  }

  selfsame(...call) {
    return this.window.selfsame(...call);
  }

  eS(...call) {
    return this.window.eS(...call);
  }

  /** Advances the time, with all timers and answers. */
  async pass(milliseconds = 1_000) {
    const end = this.now + milliseconds;
    for (;;) {
      await turn();
      const due = [...this.#timers].filter(([, [at]]) => at <= end).sort(([, [a]], [, [b]]) => a - b)[0];
      if (!due) break;
      const [id, [at, work]] = due;
      this.#timers.delete(id);
      this.now = at;
      work();
    }
    this.now = end;
  }

  /** The visitor goes to another page. */
  leave() {
    this.document.emit("visibilitychange");
    this.window.emit("pagehide");
  }

  /** The events that were sent by requests, oldest first. */
  get sent() {
    return this.requests.flatMap((request) => request.events);
  }

  get names() {
    return this.sent.map((event) => event.name);
  }

  /** The number of entries in the queue. */
  get waiting() {
    return Object.keys(this.profile.storage).filter((key) => key.startsWith("selfsame:q:")).length;
  }
}
