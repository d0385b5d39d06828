import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { DIST, Page, Profile, SITE } from "./browser.mjs";

const DOWN = { status: 503, body: {} };
const FINE = { status: 200, body: { stored: 1, refused: [] } };

test("the script is smaller than 3 kB", () => {
  assert.ok(gzipSync(DIST, { level: 9 }).length < 3_000);
});

test("a page view goes to the server of the script", async () => {
  const page = new Page();
  await page.pass();
  assert.equal(page.requests.length, 1);
  const [{ to, request, site, sc, sentAt, events }] = page.requests;
  assert.equal(to, "https://id.example.org/t/events");
  assert.deepEqual([request.method, request.keepalive, request.headers], ["POST", true, undefined]);
  assert.deepEqual([site, sc, sentAt], [SITE, page.profile.sc, page.requests[0].at]);
  assert.match(events[0].id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(
    [events[0].name, events[0].payload],
    ["PageView", { url: "https://www.shop.example.com/a", title: "A", referrer: "https://search.example/" }],
  );
  assert.equal(page.waiting, 0);
});

test("pages shown without loading are counted, with the title that comes after the address", async () => {
  const page = new Page();
  await page.pass();
  page.window.history.pushState(null, "", "/b");
  page.document.title = "B";
  page.window.history.replaceState(null, "", "/b");
  await page.pass();
  page.url = new URL("/a#top", page.url);
  page.window.emit("popstate");
  page.url = new URL("#below", page.url);
  page.window.emit("popstate");
  await page.pass();
  page.url = new URL("#/cart", page.url);
  page.window.emit("popstate");
  await page.pass();
  const origin = "https://www.shop.example.com";
  assert.deepEqual(page.sent.slice(1).map(({ payload }) => [payload.url, payload.referrer, payload.title]), [
    [origin + "/b", origin + "/a", "B"],
    [origin + "/a", origin + "/b", "B"],
    [origin + "/a#/cart", origin + "/a", "B"],
  ]);
});

test("calls made before the script are made in their order, and events are collected into one request", async () => {
  const page = new Page({ stub: [["track", "One", { n: 1 }], ["track", "Two"]] });
  page.selfsame("track", "Three");
  await page.pass();
  assert.equal(page.requests.length, 1);
  assert.deepEqual(page.names, ["PageView", "One", "Two", "Three"]);
  assert.deepEqual(page.sent.map(({ payload }) => payload).slice(1), [{ n: 1 }, {}, {}]);
});

test("without data-site, calls wait for init", async () => {
  const page = new Page({ data: {}, stub: [["track", "Early"]] });
  await page.pass();
  assert.equal(page.requests.length, 0);
  page.selfsame("init", { site: "pk_other", url: "https://other.example/base/" });
  page.selfsame("init", { site: "pk_third" });
  await page.pass();
  assert.deepEqual(page.names, ["PageView", "Early"]);
  assert.deepEqual([page.requests[0].to, page.requests[0].site], ["https://other.example/base/t/events", "pk_other"]);
  assert.deepEqual(page.warnings, ["selfsame: already started for another site"]);
});

test("the cookie is on the domain that all hosts share, for a year", () => {
  const page = new Page();
  assert.deepEqual([...page.profile.cookies.keys()], ["example.com"]);
  assert.match(page.profile.cookieText, /^sc=[0-9a-f-]{36}; path=\/; max-age=31536000; SameSite=Lax; domain=example.com; Secure$/);
  assert.equal(page.selfsame("id"), page.profile.sc);
  assert.equal(new Page({ profile: page.profile, url: "http://pay.example.com/" }).selfsame("id"), page.selfsame("id"));
  assert.doesNotMatch(page.profile.cookieText, /Secure/);
  const local = new Page({ url: "http://localhost:8000/" });
  assert.equal(local.profile.sc, local.selfsame("id"));
});

test("the cookie of the former service stays the visitor, and is there once", () => {
  const profile = new Profile();
  profile.cookies.set("", "ABC=1/2");
  const page = new Page({ profile });
  assert.equal(page.selfsame("id"), "ABC=1/2");
  assert.deepEqual([...profile.cookies], [["example.com", "ABC=1/2"]]);
});

test("a visitor lasts as long as the page where the browser takes no cookie", async () => {
  const page = new Page({ cookies: false });
  page.selfsame("track", "One");
  await page.pass();
  assert.equal(page.requests.length, 1);
  assert.equal(page.requests[0].sc, page.selfsame("id"));
});

test("identify goes with the events that follow it, never with those before", async () => {
  const page = new Page();
  page.selfsame("identify", { token: "v1.a" });
  page.selfsame("track", "One");
  page.selfsame("identify", { externalCustomerId: 42, email: "ann@example.com", phone: "", name: "Ann" });
  await page.pass();
  assert.deepEqual(page.requests.map(({ token, user, events }) => [token, user, events.map(({ name }) => name)]), [
    [undefined, undefined, ["PageView"]],
    ["v1.a", undefined, ["One"]],
    [undefined, { externalCustomerId: "42", email: "ann@example.com" }, []],
  ]);
  page.selfsame("identify", {});
  assert.match(page.warnings[0], /identify needs/);
});

/** The identification and the events of each request. */
const sentEvents = (requests) => requests.map(({ token, user, events }) => [token ?? user, events.map(({ name }) => name)]);

test("events go with the identity of their time, however many requests it takes", async () => {
  const page = new Page();
  page.selfsame("identify", { token: "v1.ann" });
  await page.pass();
  page.answers = [new TypeError("offline")];
  page.selfsame("track", "Ann1");
  page.selfsame("identify", { token: "v1.bob" });
  for (let n = 1; n <= 101; n++) page.selfsame("track", `Bob${n}`);
  page.selfsame("identify", { token: "v1.eve" });
  page.selfsame("track", "Eve1");
  await page.pass(75_000);
  const before = page.requests.length;
  page.answers = [FINE];
  page.window.emit("online");
  await page.pass();
  const [ann, first, rest, eve] = sentEvents(page.requests.slice(before));
  // The server has identified Ann already, and the cookie was hers.
  assert.deepEqual(ann, [undefined, ["Ann1"]]);
  assert.deepEqual([first[0], first[1][0], first[1].length], ["v1.bob", "Bob1", 100]);
  assert.deepEqual(rest, ["v1.bob", ["Bob101"]]);
  assert.deepEqual(eve, ["v1.eve", ["Eve1"]]);
  page.selfsame("track", "Eve2");
  await page.pass();
  assert.deepEqual(sentEvents(page.requests.slice(-1)), [[undefined, ["Eve2"]]], "an identity is sent once");
});

test("an unsent identity counts on the next page and in other tabs, and ends with the visitor", async () => {
  const offline = [new TypeError("offline")];
  const page = new Page();
  await page.pass();
  page.answers = offline;
  page.selfsame("identify", { externalCustomerId: 42 });
  const tab = new Page({ profile: page.profile, url: "https://www.shop.example.com/b" });
  tab.answers = offline;
  await tab.pass();
  page.selfsame("reset");
  page.selfsame("track", "Nobody1");
  tab.now = page.now + 1_000;
  tab.selfsame("identify", { token: "v1.bob" });
  page.now = tab.now + 1_000;
  page.selfsame("track", "Bob1");
  const next = new Page({ profile: page.profile, url: "https://www.shop.example.com/c", now: page.now + 5_000 });
  await next.pass();
  assert.deepEqual(sentEvents(next.requests), [
    [{ externalCustomerId: "42" }, ["PageView"]],
    [undefined, ["Nobody1"]],
    ["v1.bob", ["Bob1", "PageView"]],
  ]);
  assert.notEqual(next.requests[0].sc, next.requests[1].sc);
  assert.equal(next.requests[1].sc, next.requests[2].sc);
});

test("events dropped from a full queue leave the identity of the rest", async () => {
  const page = new Page({ navigator: { onLine: false } });
  page.selfsame("identify", { token: "v1.bob" });
  for (let n = 1; n <= 200; n++) page.selfsame("track", `Bob${n}`);
  await page.pass();
  assert.deepEqual(page.requests.map(({ token }) => token), ["v1.bob", "v1.bob"]);
  assert.deepEqual([page.names[0], page.names.length], ["Bob1", 200]);
});

test("a beacon has the identity while the request with it is under way", async () => {
  const page = new Page();
  await page.pass();
  page.answers = [{ ...FINE, pending: new Promise(() => {}) }];
  page.selfsame("identify", { token: "v1.bob" });
  await page.pass();
  page.selfsame("track", "Bob1");
  page.leave();
  assert.deepEqual(sentEvents(page.beacons), [["v1.bob", ["Bob1"]]]);
});

test("no identity is sent after consent was taken back and given again", async () => {
  const page = new Page();
  page.selfsame("identify", { token: "v1.ann" });
  page.selfsame("consent", false);
  page.selfsame("consent", true);
  page.selfsame("track", "One");
  await page.pass();
  assert.deepEqual(sentEvents(page.requests), [[undefined, ["PageView", "One"]]]);
});

test("after reset there is a new visitor; what was queued leaves under the old one", async () => {
  const page = new Page();
  const before = page.selfsame("id");
  page.selfsame("reset");
  const after = page.profile.sc;
  page.selfsame("track", "Later");
  await page.pass();
  assert.notEqual(after, before);
  assert.deepEqual(page.requests.map(({ sc, events }) => [sc, events[0].name]), [
    [before, "PageView"],
    [after, "Later"],
  ]);
});

test("consent off forgets everything and remembers only that", async () => {
  const page = new Page();
  page.selfsame("consent", false);
  page.selfsame("track", "Hidden");
  page.selfsame("identify", { token: "v1.a" });
  page.selfsame("reset");
  await page.pass();
  page.leave();
  const next = new Page({ profile: page.profile });
  await next.pass();
  assert.deepEqual([page.requests, page.beacons, next.requests], [[], [], []]);
  assert.deepEqual({ ...page.profile.storage }, { "selfsame:consent": "0" });
  assert.deepEqual([page.profile.sc, page.selfsame("id")], [undefined, undefined]);

  next.selfsame("consent", true);
  next.selfsame("consent", true);
  await next.pass();
  assert.deepEqual(next.names, ["PageView"]);
});

test("where consent is required, nothing happens before, and the page counts after", async () => {
  const data = { site: SITE, consent: "required" };
  const page = new Page({ data });
  page.selfsame("track", "Hidden");
  await page.pass();
  assert.deepEqual([page.requests.length, page.profile.sc, page.waiting], [0, undefined, 0]);
  page.selfsame("consent", true);
  await page.pass();
  const next = new Page({ data, profile: page.profile });
  await next.pass();
  assert.deepEqual([page.names, next.names], [["PageView"], ["PageView"]]);
});

for (const navigator of [{ doNotTrack: "1" }, { globalPrivacyControl: true }]) {
  test(`${Object.keys(navigator)[0]} is respected, whatever was said`, async () => {
    const { profile } = new Page();
    const page = new Page({ profile, navigator, stub: [["consent", true]] });
    page.selfsame("track", "Hidden");
    await page.pass();
    assert.deepEqual([page.requests.length, profile.sc, page.waiting], [0, undefined, 0]);
  });
}

test("a server in trouble is tried again after growing pauses, and gets the same events", async () => {
  const page = new Page();
  page.answers = [DOWN, { status: 429, body: {} }, new TypeError("network"), { status: 200, body: "<html>" }, FINE];
  await page.pass(60_000);
  const pauses = page.requests.slice(1).map(({ at }, index) => at - page.requests[index].at);
  assert.equal(pauses.length, 4);
  pauses.forEach((pause, index) => {
    const longest = 2_000 * 2 ** index;
    assert.ok(pause >= longest / 2 && pause <= longest, `${pause} of ${longest}`);
  });
  assert.equal(new Set(page.sent.map(({ id }) => id)).size, 1);
  assert.equal(page.waiting, 0);
});

test("pauses end at five minutes, and new events do not shorten them", async () => {
  const page = new Page();
  page.answers = [DOWN];
  await page.pass(3_600_000);
  page.selfsame("track", "One");
  const before = page.requests.length;
  await page.pass(1_000);
  assert.equal(page.requests.length, before);
  const pauses = page.requests.slice(1).map(({ at }, index) => at - page.requests[index].at);
  assert.ok(Math.max(...pauses) <= 300_000 && pauses.at(-1) >= 150_000);
});

test("Retry-After is honoured", async () => {
  const page = new Page();
  page.answers = [{ status: 429, body: {}, headers: { "retry-after": "90" } }, FINE];
  await page.pass(90_200);
  assert.equal(page.requests.length, 1);
  await page.pass(200);
  assert.equal(page.requests.length, 2);
});

test("going online, and the next page, send at once", async () => {
  const page = new Page();
  page.answers = [new TypeError("offline"), new TypeError("offline"), FINE];
  await page.pass(500);
  page.window.emit("online");
  await page.pass(1);
  assert.deepEqual([page.requests.length, page.waiting], [2, 1]);
  const next = new Page({ profile: page.profile, url: "https://www.shop.example.com/b", now: page.now });
  await next.pass(500);
  assert.deepEqual(next.sent.map(({ payload }) => payload.url.at(-1)), ["a", "b"]);
});

test("what the server does not accept is dropped, with its reason", async () => {
  const page = new Page();
  page.answers = [{ status: 403, body: { detail: "the site does not name this origin" } }];
  await page.pass(600_000);
  assert.equal(page.requests.length, 1);
  assert.deepEqual([page.waiting, page.warnings], [0, ["selfsame: not accepted: the site does not name this origin"]]);
  page.answers = [{ status: 404, body: "<html>" }];
  page.selfsame("track", "One");
  await page.pass();
  assert.equal(page.warnings[1], "selfsame: not accepted: 404");
});

test("what the server refuses of an accepted request is said", async () => {
  const page = new Page();
  page.answers = [{ status: 200, body: { stored: 1, refused: [{ field: "user", reason: "a token is needed" }] } }];
  await page.pass();
  assert.equal(page.warnings.length, 1);
  assert.match(page.warnings[0], /refused/);
});

test("the queue keeps the newest 200 entries", async () => {
  const page = new Page({ navigator: { onLine: false } });
  for (let n = 1; n <= 205; n++) page.selfsame("track", `E${n}`);
  assert.equal(page.waiting, 200);
  assert.match(page.warnings[0], /the queue is full/);
  await page.pass();
  assert.deepEqual(page.requests.map(({ events }) => events.length), [100, 100]);
  assert.deepEqual([page.names[0], page.names.at(-1)], ["E6", "E205"]);
});

test("the queue keeps what fits into 60 kB, counted as it is sent", async () => {
  const page = new Page();
  const payload = { text: "я".repeat(7_000) };
  for (let n = 1; n <= 6; n++) page.selfsame("track", `E${n}`, payload);
  await page.pass();
  assert.deepEqual(page.names, ["E3", "E4", "E5", "E6"]);
  assert.deepEqual(page.requests.map(({ bytes }) => bytes <= 60_000), [true]);
});

test("an event above 20 kB is left out", async () => {
  const page = new Page();
  page.selfsame("track", "Large", { text: "я".repeat(10_000) });
  await page.pass();
  assert.deepEqual(page.names, ["PageView"]);
  assert.deepEqual(page.warnings, ["selfsame: larger than 20 kB, left out: Large"]);
});

test("a page that is left sends by beacon what is not under way", async () => {
  let arrive;
  const page = new Page();
  page.answers = [{ ...FINE, pending: new Promise((resolve) => (arrive = resolve)) }];
  await page.pass(400);
  page.selfsame("track", "Last");
  page.leave();
  assert.deepEqual(page.beacons.map(({ to, events }) => [to, events.map(({ name }) => name)]), [
    ["https://id.example.org/t/events", ["Last"]],
  ]);
  arrive();
  await page.pass();
  assert.deepEqual([page.names, page.waiting], [["PageView", "Last"], 0]);
});

test("what a beacon carried waits for an answer: the next page sends it again, in its order, as whose it was", async () => {
  const page = new Page();
  await page.pass();
  page.selfsame("identify", { token: "v1.ann" });
  page.selfsame("track", "Ann1");
  page.selfsame("reset");
  page.selfsame("track", "Nobody1");
  page.leave();
  const carried = [["v1.ann", ["Ann1"]], [undefined, ["Nobody1"]]];
  assert.deepEqual([sentEvents(page.beacons), page.waiting], [carried, 3]);
  const next = new Page({ profile: page.profile, url: "https://www.shop.example.com/b", now: page.now + 1 });
  await next.pass();
  assert.deepEqual(sentEvents(next.requests), [carried[0], [undefined, ["Nobody1", "PageView"]]]);
  const ids = (requests) => requests.flatMap(({ sc, events }) => events.map(({ id }) => [sc, id])).slice(0, 2);
  assert.deepEqual(ids(next.requests), ids(page.beacons));
  assert.equal(next.waiting, 0);
});

test("a tab that is only hidden, and the others, bring what a beacon carried", async () => {
  const one = new Page();
  const two = new Page({ profile: one.profile });
  one.selfsame("track", "One");
  two.leave();
  one.leave();
  assert.deepEqual([one.beacons.length, two.beacons.length, one.waiting], [1, 1, 3]);
  await one.pass();
  await two.pass();
  assert.deepEqual([one.names.sort(), two.names, one.waiting], [["One", "PageView", "PageView"], [], 0]);
});

test("the queue stays when the beacon is not taken, and none goes while the server is in trouble", async () => {
  const full = new Page({ beacon: false });
  full.leave();
  const trouble = new Page();
  trouble.answers = [DOWN];
  await trouble.pass();
  trouble.leave();
  assert.deepEqual([full.waiting, trouble.waiting], [1, 1]);
  assert.deepEqual([full.beacons, trouble.beacons], [[], []]);
});

test("tabs share the queue without loss", async () => {
  const one = new Page();
  const two = new Page({ profile: one.profile });
  one.selfsame("track", "One");
  two.selfsame("track", "Two");
  await one.pass();
  await two.pass();
  assert.deepEqual(one.names.sort(), ["One", "PageView", "PageView", "Two"]);
  assert.deepEqual([two.requests.length, one.waiting], [0, 0]);
});

test("without localStorage the queue is kept by the page", async () => {
  const page = new Page({ localStorage: false });
  page.answers = [DOWN, FINE];
  page.selfsame("track", "One");
  await page.pass(10_000);
  assert.deepEqual(page.names, ["PageView", "One", "PageView", "One"]);
  page.selfsame("consent", false);
  page.selfsame("track", "Hidden");
  await page.pass();
  assert.equal(page.requests.length, 2);
});

test("a full localStorage does not keep an old consent alive", () => {
  const page = new Page({ data: { site: SITE, consent: "required" }, stub: [["consent", true]] });
  Object.getPrototypeOf(page.profile.storage).setItem = () => {
    throw new Error("full");
  };
  page.selfsame("consent", false);
  assert.equal(page.selfsame("id"), undefined);
});

test("a page back from the browser's memory is a view; one prepared in advance is none until it is seen", async () => {
  const page = new Page();
  page.window.emit("pageshow", { persisted: false });
  page.window.emit("pageshow", { persisted: true });
  await page.pass();
  assert.deepEqual(page.names, ["PageView", "PageView"]);
});

test("nothing is thrown into the page", () => {
  const page = new Page();
  const circle = {};
  circle.self = circle;
  page.selfsame();
  page.selfsame("nothing");
  page.selfsame("track", "Circle", circle);
  page.selfsame("track", "List", [1]);
  page.selfsame("track");
  page.selfsame("identify");
  page.eS("getPushToken", () => {});
  page.eS("sendEvent");
  assert.equal(page.warnings.length, 8);
  assert.equal(page.waiting, 1);
});
