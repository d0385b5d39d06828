// Every call of a public Node client that Selfsame answers, unmodified, against a running server.
//
// Arguments: the base URL without a path, and an API key. Prints nothing and exits 0 when all is well.

const assert = require('node:assert/strict');
const Esputnik = require('rubik-esputnik');

async function main(host, password) {
  const api = new Esputnik({ version: 'v1', username: 'anyone', password, host });
  api.up({ config: { get: () => ({ dictionaries: { default: {} } }) } });
  const account = await api.account.info();
  assert.ok(Number.isInteger(account.orgId) && typeof account.organisationName === 'string', account);

  const channels = [{ type: 'email', value: 'ann@example.com' }, { type: 'sms', value: '+380501234567' }];
  const made = await api.contact({ firstName: 'Ann', externalCustomerId: 12, channels });
  assert.ok(Number.isInteger(made.id), made);
  const id = String(made.id);
  const changed = await api.contact.id({ firstName: 'Anna', channels: channels.slice(0, 1) }, { id });
  assert.equal(changed.result, `Contact with id='${id}' has been updated`);
  const again = await api.contact({ channels: channels.slice(1) });
  assert.equal(again.id, made.id);

  const event = { eventTypeKey: 'seen', keyValue: 'k', params: [{ name: 'externalCustomerId', value: '12' }] };
  assert.deepEqual(await api.event(event), { result: '' });
  const order = {
    externalOrderId: '31', externalCustomerId: '12', totalCost: 21, status: 'DELIVERED', date: '2026-01-01T10:00:00', currency: 'UAH',
  };
  assert.deepEqual(await api.orders({ orders: [order] }), { result: '' });

  const person = (number) => ({ firstName: 'Bob', channels: [{ type: 'email', value: `bob${number}@example.com` }] });
  const unreadable = { firstName: 'Eve', channels: [{ type: 'email', value: 'nonsense' }] };
  const bulk = await api.addContact({ contacts: [person(1), person(2), unreadable], groupNames: ['Bulk'] });
  assert.equal(bulk.id, 0, bulk);
  assert.equal(bulk.failedContacts.firstName, 'Eve', bulk);
  const status = await api.request({ path: `importstatus/${bulk.asyncSessionId}` });
  assert.equal(status.status, 'FINISHED', status);
  assert.deepEqual(status.mapping.map((mapped) => mapped.dedupeValue), ['bob1@example.com', 'bob2@example.com']);

  await api.emails.unsubscribed.add({ emails: ['ann@example.com'] });
  await api.emails.unsubscribed.delete({ emails: ['ann@example.com'] });

  // The client shows the text of an error, whatever its status.
  await assert.rejects(api.contact({ externalCustomerId: 'x'.repeat(101) }), /externalCustomerId/);
  await assert.rejects(api.contact.id({ firstName: 'A' }, { id: '999999' }), /contact not found/);
  await assert.rejects(api.message.email({ subject: 's' }), /sends no messages/);
  await assert.rejects(api.account.info(null, { token: Buffer.from('anyone:wrong').toString('base64') }), /401/);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
