// Calls the mock with a client library written for the real Autotask, unchanged but for the base URL.
// Arguments: the mock's URL. The mock has 1,200 companies that were generated.

import assert from "node:assert/strict";
import module from "@apigrate/autotask-restapi";

const { AutotaskRestApi } = module;
const [url] = process.argv.slice(2);
const options = { base_url: `${url}/ATServicesRest/` };
const autotask = new AutotaskRestApi("api@example.com", "mock-secret", "MOCKINTEGRATIONCODE", options);
const everything = { filter: [{ op: "gte", field: "Id", value: 0 }] };
let steps = 0;

/** Does one step and tells of it. */
async function step(name, work) {
  const result = await work();
  steps += 1;
  console.log(`ok ${name}`);
  return result;
}

/** The error a call ends in. */
async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  assert.fail("the call was not refused");
}

await step("discovery happens by itself and leads back here", async () => {
  const root = await autotask.Companies.get(0);
  assert.equal(root.item.id, 0);
  assert.equal(autotask.zoneInfo.url, `${url}/ATServicesRest/`);
});

await step("companies are counted and walked by id over several pages", async () => {
  const { queryCount } = await autotask.Companies.count(everything);
  assert.equal(queryCount, 1_201);
  const ids = new Set();
  for (let last = -1, pages = 0; ; pages += 1) {
    const page = await autotask.Companies.query({ filter: [{ op: "gt", field: "id", value: last }], includeFields: ["Id"] });
    if (page.items.length === 0) {
      assert.equal(pages, 3);
      break;
    }
    for (const item of page.items) ids.add(item.id);
    last = page.items.at(-1).id;
  }
  assert.equal(ids.size, queryCount);
});

const owner = await step("an owner is found", async () => {
  const found = await autotask.Resources.query({ filter: [
    { op: "eq", field: "isActive", value: true }, { op: "eq", field: "licenseType", value: 1 },
  ] });
  return found.items[0].id;
});

await step("user-defined fields are made and listed", async () => {
  for (const [name, udfType] of [["Salesforce Company ID", 1], ["Salesforce Contact ID", 2]]) {
    const made = await autotask.UserDefinedFieldDefinitions.create({ name, udfType, dataType: 1 });
    assert.ok(made.itemId > 0);
  }
  const info = await autotask.Companies.udfInfo();
  assert.deepEqual(info.fields.map((field) => [field.name, field.type]), [["Salesforce Company ID", "string"]]);
  const fields = await autotask.Companies.fieldInfo();
  const type = fields.fields.find((field) => field.name === "companyType");
  assert.ok(type.picklistValues.some((value) => value.label === "Customer" && value.value === "1"));
});

const company = await step("a company is created, found by blanks and field, patched and replaced", async () => {
  const { itemId } = await autotask.Companies.create({
    CompanyName: "Sirius Cybernetics Corporation", CompanyType: 3, Phone: "8005551212", OwnerResourceID: owner,
    City: "Kiel", userDefinedFields: [{ name: "Salesforce Company ID", value: "0015g00000AbCdEAAV" }],
  });
  const byName = { filter: [{ op: "eq", field: "CompanyName", value: "sirius cybernetics Corporation " }] };
  assert.deepEqual((await autotask.Companies.query(byName)).items.map((item) => item.id), [itemId]);
  const byUdf = { filter: [{ op: "eq", field: "Salesforce Company ID", value: "0015g00000AbCdEAAV", udf: true }] };
  assert.deepEqual((await autotask.Companies.query(byUdf)).items.map((item) => item.id), [itemId]);
  assert.equal((await autotask.Companies.update({ id: itemId, state: "SH", city: null })).itemId, itemId);
  let { item } = await autotask.Companies.get(itemId);
  assert.deepEqual([item.companyName, item.city, item.state], ["Sirius Cybernetics Corporation", null, "SH"]);
  await autotask.Companies.replace({ id: itemId, companyName: "Sirius", companyType: 1, phone: "1", ownerResourceID: owner });
  ({ item } = await autotask.Companies.get(itemId));
  assert.deepEqual([item.companyName, item.state, item.companyType], ["Sirius", null, 1]);
  return itemId;
});

await step("a contact is created, patched and deleted through its company", async () => {
  const { itemId } = await autotask.CompanyContacts.create(company, { firstName: "Zaphod", lastName: "Beeblebrox", isActive: 1 });
  assert.equal((await autotask.CompanyContacts.update(company, { id: itemId, title: "President" })).itemId, itemId);
  const { item } = await autotask.Contacts.get(itemId);
  assert.deepEqual([item.companyID, item.title, item.isActive], [company, "President", 1]);
  await autotask.CompanyContacts.delete(company, itemId);
  assert.deepEqual(await autotask.Contacts.get(itemId), { item: null });
});

await step("wrong calls are refused as the vendor refuses them", async () => {
  const contact = { companyID: company, firstName: "A", lastName: "B", isActive: 1 };
  // The library makes null of a 404.
  const before = await autotask.Contacts.count(everything);
  assert.equal(await autotask.Contacts.create(contact), null);
  assert.equal(await autotask.Contacts.update({ id: 1, title: "x" }), null);
  assert.deepEqual(await autotask.Contacts.count(everything), before);
  assert.equal((await refusal(() => autotask._patch(`/Companies/${company}`, { city: "x" }))).status, 405);
  assert.equal((await refusal(() => autotask.Companies.delete(company))).status, 405);
  const missing = await refusal(() => autotask.Companies.create({ companyName: "x" }));
  assert.equal(missing.status, 500);
  assert.match(JSON.stringify(missing.details ?? missing.message), /Missing Required Field/);
  const impersonated = await refusal(() => autotask._post("/Companies/query", everything, { ImpersonationResourceId: owner }));
  assert.match(JSON.stringify(impersonated.details ?? impersonated.message), /adequate permissions/);
  const stranger = new AutotaskRestApi("api@example.com", "wrong", "MOCKINTEGRATIONCODE", options);
  assert.equal((await refusal(() => stranger.Companies.get(0))).status, 401);
});

assert.equal(steps, 7);
console.log(`${steps} steps`);
