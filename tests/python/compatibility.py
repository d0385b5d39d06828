"""Every call of the public Python client that Selfsame answers, unmodified, against a running server.

Arguments: the base URL with a slash at its end, and an API key. Prints nothing and exits 0 when all is well.
"""

import sys

from esputnik.esputnik import ESputnikAPIAdaptor

ADDRESS = {"region": "Kyivska obl", "town": "Kyiv", "address": "25, Main str.", "postcode": "78900"}


def expect(condition, *what):
    if not condition:
        raise SystemExit(f"unexpected: {what}")


def ok(response, of=object):
    expect(response.status_code == 200, response)
    expect(isinstance(response.data, of), response)
    return response.data


def main(base, key):
    api = ESputnikAPIAdaptor(user="anyone", password=key, host=base)
    version = ok(api.version(), dict)
    expect(version["protocolVersion"] == "1.0" and isinstance(version["version"], str), version)
    expect(ok(api.account_info(), dict)["orgId"] > 0)
    book = ok(api.addressbooks(), dict)["addressBook"]
    expect(isinstance(book, dict) and isinstance(book["fieldGroups"], list), book)

    made = ok(
        api.add_contact(
            {
                "first_name": "John",
                "last_name": "Dou",
                "channels": [{"type": "email", "value": "john@dou.com"}, {"type": "sms", "value": "+380501234567"}],
                "groups": [{"name": "Test group"}],
                "address": ADDRESS,
            }
        ),
        dict,
    )
    contact_id = made["id"]
    expect(isinstance(contact_id, int), made)
    contact = ok(api.get_contact(str(contact_id)), dict)
    expect(contact["firstName"] == "John" and contact["address"] == ADDRESS, contact)
    expect([group["name"] for group in contact["groups"]] == ["Test group"], contact)

    changed = {"first_name": "Johny", "last_name": "Dou", "channels": [{"type": "email", "value": "johny@dou.com"}]}
    text = ok(api.update_contact(str(contact_id), changed), bytes)
    expect(text == b"Contact with id='%d' has been updated" % contact_id, text)
    contact = ok(api.get_contact(str(contact_id)), dict)
    values = [channel["value"] for channel in contact["channels"]]
    expect(contact["firstName"] == "Johny" and values == ["johny@dou.com", "+380501234567"], contact)

    subscribed = ok(
        api.contact_subscribe(
            {
                "contact": {
                    "first_name": "Ann",
                    "channels": [{"type": "email", "value": "ann@dou.com"}],
                    "groups": [{"name": "Subscribers"}],
                    "address": ADDRESS,
                },
                "groups": ["Subscribers"],
            }
        ),
        dict,
    )
    expect(subscribed["new"] is True and subscribed["emailStatus"] == "NEED_CONFIRMATION", subscribed)

    found = ok(api.get_contacts(), list)
    expect({item["id"] for item in found} == {contact_id, subscribed["id"]}, found)
    found = ok(api.get_contacts({"email": "johny@dou.com"}), list)
    expect([item["id"] for item in found] == [contact_id], found)

    person = lambda number: {"first_name": "Bulk", "channels": [{"type": "email", "value": "bulk%d@dou.com" % number}]}
    bulk = {
        "contacts": [person(number) for number in range(200)],
        "contact_fields": ["firstName", "email"],
        "group_names": ["Bulk"],
        "event_key_for_new_contacts": "imported",
    }
    accepted = ok(api.add_contacts(bulk), dict)
    expect(accepted["id"] == 0 and "failedContacts" not in accepted, accepted)
    status = ok(api.client.get("importstatus/" + accepted["asyncSessionId"]), dict)
    expect(status["status"] == "FINISHED", status)
    values = {mapped["dedupeValue"] for mapped in status["mapping"]}
    expect(values == {"bulk%d@dou.com" % number for number in range(200)}, status)

    ok(api.emails_unsubscribed_add("ann@dou.com"))
    again = {"contact": {"channels": [{"type": "email", "value": "ann@dou.com"}]}}
    expect(ok(api.contact_subscribe(again), dict)["emailStatus"] == "BLACKLISTED")
    ok(api.emails_unsubscribed_delete(["ann@dou.com"]))
    expect(ok(api.contact_subscribe(again), dict)["emailStatus"] == "NEED_CONFIRMATION")

    groups = {group["name"]: group["id"] for group in ok(api.groups(), list)}
    expect(set(groups) == {"Test group", "Subscribers", "Bulk"}, groups)
    expect(len(ok(api.group_contacts(groups["Bulk"]), list)) == 200)
    members = ok(api.group_contacts(groups["Subscribers"]), list)
    expect([member["id"] for member in members] == [subscribed["id"]], members)
    ok(api.group_contacts_detach(groups["Subscribers"]))
    expect(ok(api.group_contacts(groups["Subscribers"]), list) == [])

    text = ok(api.delete_contact(str(contact_id)), bytes)
    expect(text == b"Contact with id='%d' has been deleted" % contact_id, text)
    gone = api.get_contact(str(contact_id))
    expect(gone.status_code == 404 and "not found" in gone.data["message"], gone)
    refused = ESputnikAPIAdaptor(user="anyone", password="sk_wrong", host=base).version()
    expect(refused.status_code == 401 and refused.data["status"] == 401, refused)


main(*sys.argv[1:])
