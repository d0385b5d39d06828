import assert from "node:assert/strict";
import test from "node:test";
import { Page } from "./browser.mjs";

/** Arguments as the former service's stub stores them: in a further array. */
const wrapped = (...call) => [call];

const after = async (...calls) => {
  const page = new Page({ eS: calls });
  await page.pass();
  const events = page.sent.slice(1).map(({ name, payload }) => [name, payload]);
  return { page, events, user: page.requests.map(({ user }) => user).filter(Boolean) };
};

test("collected calls are made, wrapped or not", async () => {
  const { page, events } = await after(
    wrapped("init", { TRACKING: false, RECOMS: true }),
    wrapped("sendEvent", "MainPage"),
    ["sendEvent", "NotFound"],
  );
  assert.deepEqual(events, [["MainPage", {}], ["NotFound", {}]]);
  assert.deepEqual(page.warnings, []);
});

test("an object named as the event is the payload, with what stands beside it", async () => {
  const product = { productKey: "24-A-01", price: "150", isInStock: 1 };
  const { events } = await after(
    ["sendEvent", "ProductPage", { ProductPage: product }],
    ["sendEvent", "SearchRequest", { search: "red", isFound: true }],
    ["sendEvent", "CategoryPage", { CategoryPage: { categoryKey: "7" }, Tags: { a: ["b"] } }],
  );
  assert.deepEqual(events, [
    ["ProductPage", product],
    ["SearchRequest", { search: "red", isFound: true }],
    ["CategoryPage", { categoryKey: "7", Tags: { a: ["b"] } }],
  ]);
});

test("a list named as the event stays under its name", async () => {
  const cart = { StatusCart: [{ productKey: "1", quantity: "2" }], GUID: "g" };
  const { events } = await after(["sendEvent", "StatusCart", cart]);
  assert.deepEqual(events, [["StatusCart", cart]]);
});

test("tags go into the payload", async () => {
  const { events } = await after(
    ["sendEventWithTags", "ProductPage", { ProductPage: { Product: { productKey: "1" }, Tags: { a: ["b"] } } }],
    ["sendEventWithTags", "ProductPage", { productKey: "1" }, { c: "d" }],
  );
  assert.deepEqual(events, [
    ["ProductPage", { Product: { productKey: "1" }, Tags: { a: ["b"] } }],
    ["ProductPage", { productKey: "1", tags: { c: "d" } }],
  ]);
});

test("CustomerData is an event and says who the visitor is", async () => {
  const data = { externalCustomerId: "42", user_email: "ann@example.com", user_phone: "+380501234567", user_name: "Ann" };
  const user = { externalCustomerId: "42", email: "ann@example.com", phone: "+380501234567" };
  for (const payload of [{ CustomerData: data }, data]) {
    const seen = await after(["sendEvent", "CustomerData", payload]);
    assert.deepEqual([seen.events, seen.user], [[["CustomerData", data]], [user]]);
  }
});

test("GeneralInfo says who the visitor is, and is not part of the event", async () => {
  const general = { GeneralInfo: { externalCustomerId: 42, user_es_contact_id: 7 } };
  for (const payload of [
    { ...general, ProductPage: { productKey: "1" } },
    { ProductPage: { ...general, productKey: "1" } },
  ]) {
    const seen = await after(["sendEvent", "ProductPage", payload]);
    assert.deepEqual([seen.events, seen.user], [[["ProductPage", { productKey: "1" }]], [{ externalCustomerId: "42" }]]);
  }
});

test("a page view sent by hand does not count the page again", async () => {
  const { page, events } = await after(["sendEvent", "PageView", { PageView: {} }]);
  assert.deepEqual(events, []);
  page.window.history.pushState(null, "", "/b");
  page.eS("sendEvent", "PageView", { PageView: {} });
  await page.pass();
  assert.deepEqual(page.names, ["PageView", "PageView"]);
});
