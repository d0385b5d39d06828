# Texts of the console in English. Every name is in every language.

skip = Skip to the contents
nav-label = Parts of the console
nav-home = Home
nav-contacts = Contacts
nav-segments = Segments
nav-settings = Settings
nav-account = Account
language = Language
theme = Colours
theme-auto = As the system
theme-light = Light
theme-dark = Dark
preferences-save = Apply
sign-in-title = Sign in
sign-in = Sign in
sign-out = Sign out
email = Email
password = Password
cancel = Cancel
actions = Actions
never = never
pages = Pages
page-before = Page before
page-next = Next page
page-older = Older
search = Search
search-by = By
search-button = Search

number-separator = ,
date-time = { $day } { $month } { $year }, { $time } UTC
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

role-admin = admin
role-marketer = marketer
role-support = support
role-viewer = viewer

error-back = Back to the first page
error-sign-in = Sign in first.
error-not-found = There is nothing here.
error-form = The form cannot be read. Go back and try again.
error-csrf = This form is from another session or another site. Go back, reload the page and try again.
error-too-many = Too many attempts. Wait half a minute and try again.
error-unavailable = The server is busy or cannot reach its database. Try again in a moment.
error-internal = The server made a mistake. It is in the server's log.
error-credentials = The email or the password is wrong.
error-no-workspace = Your account belongs to no workspace any more. Ask an admin to invite you.
error-forbidden = Your role does not permit this. Ask an admin of the workspace.
error-last-admin = A workspace needs an admin: make somebody else one first.
error-password = Choose another password: it
error-rejected = This was refused:
error-conflict = Something of this name is there already.

home-title = Home
home-no-contacts = There are no contacts yet. They come by the API, by the tracking script, or by an import.
home-api = The API
home-merges = Latest merges

invitation-title = Join a workspace
invitation-to = You are invited to
invitation-accept = Join
invitation-known = If you have an account already, give its password.
password-help = { $count ->
    [one] At least { $shown } character.
   *[other] At least { $shown } characters.
}

account-title = Account
account-workspace = Workspace
account-switch = Go there
account-password = Password
account-password-current = Current password
account-password-new = New password
account-password-change = Change the password
account-password-help = All other sessions end.
account-password-changed = The password was changed. All other sessions have ended.
account-sessions = Sessions
session-agent = Browser
session-created = Signed in
session-last-used = Last used
session-this = this one
session-end = End

contacts-title = Contacts
contacts-count = { $count ->
    [one] { $shown } contact
   *[other] { $shown } contacts
}
contacts-none = Nobody was found. Identifiers are compared whole; names, too.
column-id = ID
column-name = Name
column-updated = Updated
column-created = Created
column-source = Source
by-anything = Anything
by-contact_id = Contact ID
by-external_id = External ID
by-email = Email
by-phone = Phone
by-last_name = Last name
by-first_name = First name

kind-external_id = external ID
kind-email = email
kind-phone = phone
kind-mobile_push = mobile push token
kind-web_push = web push token
kind-telegram = Telegram token
kind-device_id = device
kind-cookie = cookie
kind-field = custom field
kind-contact_key = contact key

contact-title = Contact { $id }
contact-numbered = contact { $id }
contact-erased = a contact that was erased
contact-removed = This contact was removed. A request that names its external ID or its number brings it back.
contact-parts = Parts of this page
contact-who = Who it is
contact-identifiers = Identifiers
contact-why = Why this is one person
contact-merges = Merges
contact-timeline = Timeline
contact-no-segments = The contact is in no segment.
identifiers-none = The contact holds no identifier.
identifier-kind = Kind
identifier-value = Value
identifier-state = State
identifier-first-seen = First seen
identifier-last-seen = Last seen
identifier-active = matches
identifier-quarantined = quarantined: too many of its kind, never matches
identifier-blocked = blocked value, never matches
identifier-hidden = hidden by a merge
identifier-brought-by = brought by contact { $id }

decision-what = The call “{ $call }” { $outcome }.
decision-id = Decision
decision-rejected = The reason: { $reason }.
outcome-created = created the contact
outcome-updated = updated the contact
outcome-restored = brought the removed contact back
outcome-unchanged = changed nothing
outcome-removed = removed the contact
outcome-erased = erased the contact
outcome-merged = merged two contacts
outcome-unmerged = undid a merge
outcome-unmatched = found nobody
outcome-rejected = was refused
rule-contact_id = It was named by its contact ID.
rule-external_id = It holds the { $evidence }, and an external ID has one owner (rule 1).
rule-restore = It was removed and holds the { $evidence } (rule 2).
rule-adopt = Nobody held the external ID of the request; its { $evidence } led to this contact, which had none (rule 3).
rule-search = It was found by its { $evidence }.
rule-no_match = Nobody matched.
rule-explicit = This was done by hand (rule 10).
rule-without-evidence = It was found by an identifier that is not recorded any more.

effect-attached = Got the { $identifier }.
effect-moved = Took over the { $identifier } from { $contact }: it belongs to the contact that used it last (rule 4).
effect-replaced = No longer holds the { $identifier }.
effect-restated = Shows the { $identifier } in another way.
effect-merged = Absorbed { $contact }.
effect-unmerged = Split off { $contact }, which answers for itself again.
effect-quarantined = Keeps the { $identifier } without matching by it: more than { $limit } of its kind (rule 8).
effect-blocked = Did not match by the { $identifier }: it is on the list of blocked values (rule 8).
effect-shared = The { $identifier } was seen with several external IDs and stopped being evidence (rule 8).
effect-unsubscribed = The { $identifier } was marked as unsubscribed.
effect-resubscribed = The { $identifier } is subscribed again.
effect-kept-apart = The { $identifier } also belongs to { $contact }, which stays apart: { $reason }
effect-left-out = The { $identifier } was left out: { $reason }
effect-changed = Changed: { $attributes }.
effect-skipped = Left out { $field }: { $reason }.
effect-visitor-adopted = Took over the history of an anonymous visitor (rule 7).
effect-event-waits = The event waits for somebody to be known behind its identifier (rule 7).
effect-events-deleted = { $count ->
    [one] Deleted { $shown } event.
   *[other] Deleted { $shown } events.
}
effect-order-deleted = Deleted the order { $order }.
effect-segment-added = Put into segment { $id }.
effect-segment-removed = Taken out of segment { $id }.
effect-segment-defined = Changed the definition of segment { $id }.
effect-category = Changed the definition of category { $id }.
effect-field = Changed the definition of field { $id }.
effect-other = Did something else.
apart-holds-external-id = it has an external ID of its own (rule 1).
apart-disagrees = it holds another email or phone (rule 6).
apart-policy-off = the workspace does not merge unclaimed contacts (rule 6).
apart-undone = a merge of the two was undone, so that they merge by hand only (rule 10).
apart-limit = together they would hold too many identifiers (rule 8).
apart-channel-exists = the call never changes a channel that exists.
apart-held-by-other = another contact holds it.
apart-only-names = the call names people by it and gives it to nobody.
apart-public-key = a public key changes nothing about somebody who is known.
apart-past = an event of the past takes nothing from who has it now (rule 4).
apart-forgotten = its owner at that time was erased since (rule 4).

merge-absorb_anonymous = It held nothing but changeable identifiers (rule 5).
merge-absorb_unclaimed = It held the same email or phone and no external ID (rule 6).
merge-explicit = The two were merged by hand (rule 10).
merge-evidence = Evidence: { $evidence }.
merge-absorbed = absorbed
merge-undone = undone
merge-undo = Undo…
merges-none = Nothing was merged.
undo-title = Undo a merge
undo-goes-back = Contact { $id } will answer for itself again, and gets back:
undo-segments = { $count ->
    [one] { $shown } segment
   *[other] { $shown } segments
}
undo-history = Its history goes with it. What arrived after the merge stays. The two will then merge by hand only.
undo-confirm = Undo the merge

timeline-all = Everything
timeline-event = Event
timeline-page_view = Page view
timeline-order = Order
timeline-decision = Decision
timeline-kind = Show
timeline-filter = Show
timeline-none = There is nothing to show.
timeline-order-number = { $order }
timeline-order-items = { $count ->
    [one] { $shown } item
   *[other] { $shown } items
}
order-INITIALIZED = made
order-IN_PROGRESS = in progress
order-DELIVERED = delivered
order-CANCELLED = cancelled
order-ABANDONED_SHOPPING_CART = abandoned cart

segments-title = Segments
segments-count = { $count ->
    [one] { $shown } segment
   *[other] { $shown } segments
}
segments-add = Add segment
segments-new = New dynamic segment
segments-empty = There are no segments yet. Add one: for example of all contacts whose external ID is empty.
segments-none = No segment has this in its name.
segment-name = Name
segment-kind = Kind
segment-words = Conditions
segment-dynamic = Dynamic
segment-dynamic-help = Conditions decide who is in it, at every moment.
segment-list = List
segment-list-help = Who is in it is said by the API or by imports.
segment-list-make = Make the list
segment-edit = Edit the segment
segment-delete = Delete the segment
segment-delete-help = The segment goes; its contacts stay. Segments whose conditions name it keep it from being deleted.
segment-nobody = Nobody is in this segment.
segment-until = until

builder-join = Contacts fit
builder-all = when all conditions hold
builder-any = when any condition holds
builder-condition = Condition { $number }
builder-field = Field
builder-choose-field = Choose a field
builder-fields = Fields
builder-custom-fields = Custom fields
builder-segments = Segments
builder-in-segment = is in the segment
builder-not = Condition
builder-holds = holds
builder-holds-not = does not hold
builder-operator = Comparison
builder-choose-operator = Choose a comparison
builder-value = Value
builder-days = Days
builder-least = From
builder-greatest = To
builder-lines = Values, one a line
builder-up = Up
builder-down = Down
builder-copy = Copy
builder-remove = Remove
builder-add = Add condition
builder-done = Done
builder-preview = Preview
builder-chosen = Who fits now
builder-enter = { $count ->
   *[other] + { $shown } enter
}
builder-leave = { $count ->
   *[other] − { $shown } leave
}
builder-without-value = “{ $condition }” is true of { $count } of them.
builder-unchosen = Choose a field and a comparison.
builder-no-cards = Add a condition.
builder-name-problem = Give the segment a name of 1 to 255 characters.
builder-problems = Some conditions are not right yet.
builder-text = Conditions in words
builder-text-help = These conditions are nested, which cards cannot show. They are written as: External ID is empty and (Email is empty or not in “Staff”).

operator-is-empty = is empty
operator-is-not-empty = is not empty
operator-equals = equals
operator-one-of = is one of
operator-contains = contains
operator-starts-with = starts with
operator-ends-with = ends with
operator-greater = is greater than
operator-less = is less than
operator-between = is between
operator-before = is before
operator-after = is after
operator-in-last-days = is in the last days
operator-in-next-days = is in the next days
operator-anniversary-within-days = has its anniversary within days

field-contactId = Contact ID
field-externalCustomerId = External ID
field-email = Email
field-phone = Phone
field-deviceId = Device ID
field-firstName = First name
field-lastName = Last name
field-contactKey = Contact key
field-languageCode = Language
field-timeZone = Time zone
field-region = Region
field-town = Town
field-address = Address
field-postcode = Postcode
field-createdAt = Created
field-updatedAt = Updated
field-source = Source
field-emailDomain = Email domain
field-deviceOs = Device OS
field-externalCustomerIdCount = Number of external IDs
field-emailCount = Number of emails
field-phoneCount = Number of phones
field-mobilePushCount = Number of mobile push tokens
field-webPushCount = Number of web push tokens
field-deviceIdCount = Number of device IDs
field-telegramCount = Number of Telegram tokens
field-sharedCount = Number of shared identifiers
field-importId = Import
field-quarantinedCount = Number of quarantined identifiers
field-emailStatus = Email status
field-absorbedCount = Number of absorbed contacts
field-custom = custom field { $id }

settings-keys = API keys
settings-people = People
settings-audit = Audit log
key-name = Name
key-secret = Secret
key-rights = Rights
key-state = State
key-active = active
key-revoked = revoked
key-expired = expired
key-last-used = Last used
key-make = Make a key
key-made = The secret of the new key is shown this once:
key-name-problem = Give the key a name of 1 to 100 characters, and rights.
key-revoke = Revoke…
key-revoke-help = Programs that use this key are refused from then on. It cannot be taken back.
key-revoke-confirm = Revoke the key
rights-full = everything
rights-events = recording events
rights-events-contacts = events, reading and writing contacts
rights-events-contacts-write = events, writing contacts
rights-messages = messages only

people-since = Since
people-role = Role
people-role-save = Set the role
people-remove = Remove
people-self = you
people-invite = Invite
people-invitations = Open invitations
people-anybody = anyone with the link
people-until = until
people-take-back = Take back
people-link = Send this link to the person. It is shown this once and opens once:
people-email-problem = Give an email address and a role.

audit-when = When
audit-who = Who
audit-what = What
audit-object = On what
audit-operator = operator
action-signed-in = signed in
action-signed-out = signed out
action-session-ended = ended another session
action-password-changed = changed the password
action-invited = invited
action-invitation-revoked = took an invitation back
action-joined = joined
action-role-changed = changed a role
action-member-removed = removed a person
action-key-created = made an API key
action-key-revoked = revoked an API key
action-segment-created = made a segment
action-segment-changed = changed a segment
action-segment-deleted = deleted a segment
action-merge-undone = undid a merge
action-import-started = imported a file
action-import-decided = decided about damaged columns
action-import-cancelled = cancelled an import
action-import-undone = undid an import
action-connector-created = made a connector
action-connector-changed = changed a connector
action-connector-deleted = deleted a connector
action-export-created = made an export
action-export-changed = paused or resumed an export
action-export-deleted = deleted an export
action-export-run = ran an export

nav-imports = Imports
nav-exports = Exports
nav-review = Review
error-not-now = This is not possible in its present state. Reload the page.
error-file = The file cannot be read:
error-too-large = The file is larger than this server takes.

imports-title = Imports
imports-latest = Imports of the last 30 days
imports-none = Nothing was imported in the last 30 days.
import-new = Import a file
import-file = File
import-file-help = CSV, TSV, lines of JSON or the first sheet of an XLSX file, packed with gzip or not, of at most { $limit } MB. You see what would happen before anything is written.
import-upload = Upload and preview
import-no-file = Choose a file that is not empty.
import-status = State
import-rows = Rows
import-source-bulk = API call
import-source-file = file
import-dry = check only: { $status }
import-queued = waiting
import-running = running
import-needs_decision = needs a decision
import-finished = finished
import-failed = failed
import-cancelled = cancelled
import-undone = undone
import-undoing = being undone
row-created = created
row-updated = updated
row-restored = restored
row-unchanged = unchanged
row-merged = merged
row-rejected = rejected
rows-count = { $count ->
    [one] { $shown } row
   *[other] { $shown } rows
}
rows-done = { $count ->
    [one] { $shown } row done
   *[other] { $shown } rows done
}
rows-of = { $count ->
    [one] of { $shown } row
   *[other] of { $shown } rows
}

import-preview-title = Preview of an import
import-preview-help = Nothing is written yet. The file is kept for an hour.
import-form = Format
import-encoding = Encoding
import-encoding-found = as found
import-delimiter = Delimiter
import-tab = tab
import-refused = The file cannot be imported with these choices:
import-damaged = Some columns are damaged. An import would stop there and ask: choose what to do with each of them.
import-unique = Contacts are recognised by
import-unique-either = Phone, then email
import-region = Country of phones without a country code
import-region-problem = Give the country as two letters, such as UA.
import-clears = An empty cell clears the value that the contact has
import-restore = Removed contacts come back
import-columns = Columns
import-column = Column
import-examples = Examples
import-target = Goes to
import-target-none = nowhere
import-damage = Damage
import-damage-ask = stop and ask
import-damage-skip = leave the column out
import-damage-accept = take it as it is
import-dates = Order of dates
import-dates-ask = stop and ask
import-problem-rows = Rows: { $rows }.
import-dry-run = Check only: decide every row and write nothing
import-preview = Preview again
import-count = Count all rows
import-run = Import
import-drop = Discard the file
import-totals = All rows
import-totals-part = The time for a request was over before all rows were decided: these are the first ones. For all of them, import with “Check only”.
import-reasons = Why rows would be rejected
import-first = First rows
import-row = Row
import-line = Line
import-outcome = Outcome
import-contact = Contact
import-why = Why
import-effects = What else
import-note = Note

import-title = Import
import-nothing-written = nothing is written
import-progress = Progress
import-rate = { $rate } rows a second
import-heartbeat = { $count ->
    [one] last progress { $shown } second ago
   *[other] last progress { $shown } seconds ago
}
import-ended = Ended
import-refresh = Refresh
import-decide = Damaged columns
import-decide-help = The import stopped before the first row was written. Say what to do with each column, or cancel it.
import-decide-go = Go on
import-key-problem = A column by which contacts are recognised must stay.
import-rejects = Rejected rows as CSV
import-cancel = Cancel…
import-cancel-help = Rows that were imported stay. The others are not looked at.
import-cancel-confirm = Cancel the import
import-undo = Undo…
import-undo-help = Contacts are as they were before the import, its merges included. Contacts that it made are removed. What was changed since stays.
import-undo-confirm = Undo the import
import-rows-title = Rows
import-rows-all = all
import-rows-none = There are no rows here.
import-kept = Not undone, because it was changed since:

target-externalCustomerId = External ID
target-id = Contact ID
target-email = Email
target-sms = Phone
target-viber = Viber phone
target-mobilepush = Mobile push token
target-webpush = Web push token
target-telegram = Telegram token
target-deviceId = Device ID
target-firstName = First name
target-lastName = Last name
target-contactKey = Contact key
target-languageCode = Language
target-timeZone = Time zone
target-region = Region
target-town = Town
target-address = Address
target-postcode = Postcode
target-groups = Segments

damage-shifted = Some rows have more or fewer cells than the header: values may be in wrong columns.
damage-error_values = Error values such as #N/A, or #####.
damage-formulas = Formulas in place of values.
damage-scientific = Numbers such as 3.8E+11: their last digits are lost.
damage-dates = A spreadsheet program turned identifiers into dates.
damage-empty_fractions = Whole numbers end with an empty fraction, such as .0.
damage-grouped = Numbers with separators of thousands.
damage-text_marks = Values begin with an apostrophe.
damage-negative = Negative numbers in place of phones.
damage-rounded = Long numbers end with zeros: their last digits were rounded away.
damage-lost_zeros = Leading zeros are lost.
damage-no_country = Phones have neither a plus nor a country code: give the country.
damage-ambiguous_dates = Dates can be read with the day or with the month first: choose the order.

yes = yes
no = no
exports-title = Exports
exports-help = An export copies contacts, orders and events to a database or to files, and keeps them up to date.
exports-none = There are no exports yet. Make a connector first, then an export to it.
connectors-title = Connectors
connectors-none = There are no connectors yet. A connector says where exports go.
connector-add = New connector to:
connector-new = New connector: { $kind }
connector-postgres = PostgreSQL
connector-bigquery = BigQuery
connector-file = Folder of the server
connector-name = Name
connector-kind = Kind
connector-destination = Destination
connector-host = Host
connector-port = Port
connector-database = Database
connector-user = User
connector-ssl = TLS
connector-project = Project ID
connector-dataset = Dataset
connector-location = Location
connector-account = Key of the service account (JSON)
connector-endpoint = URL of another server with BigQuery’s API
connector-directory = Absolute path
connector-format = Format of files
connector-secret-help = Credentials are stored encrypted and never shown again.
connector-secret-missing = Type the new credentials.
connector-make = Make the connector
connector-check = Check the connection
connector-works = The connection works, and nothing is missing.
connector-lacks = This is missing:
connector-grant = This statement grants it:
connector-rotate = New credentials
connector-rotate-save = Replace the credentials
connector-delete = Delete the connector…
connector-delete-help = A connector that an export uses cannot be deleted. What was exported stays.
connector-delete-confirm = Delete the connector
setting-host = The host must be a name or an address.
setting-port = The port must be from 1 to 65535.
setting-directory = The path must be absolute, without “..”.
setting-project = The project must be the ID of a Google Cloud project.
setting-dataset = The dataset must have letters from A to Z, digits and underscores alone.
setting-location = The location must be one such as EU or europe-west1.
setting-endpoint = The URL must begin with http or https, without credentials, query and fragment.
setting-schema = The schema must have at most 63 bytes and no slashes, and not be one of the system’s own.
setting-segment = A segment can filter only contacts, their custom fields, identifiers and devices.
setting-password = The password is too long.
setting-account = The key must be the JSON of a service account.
setting-account-lacks = The key of the service account lacks { $members }.
setting-missing = “{ $field }” is missing.
setting-text = “{ $field }” must have at most { $most } characters, without control characters.
schedule-minutes = The minutes must be a whole number from 1 to 44640.
schedule-cron = The schedule must be a cron expression with five fields.
schedule-never = The schedule must fit a time within the next years.
schedule-zone = The time zone must be a name such as Europe/Kyiv.
export-new = New export
export-name = Name
export-connector = Connector
export-connector-missing = Choose a connector.
export-datasets = What is exported
export-datasets-missing = Choose at least one dataset.
export-external-id = Column of the external ID
export-segment = Only contacts of the list
export-segment-help = A list filters contacts, their custom fields, identifiers and devices.
export-everybody = all contacts
export-schema = Schema
export-schedule = Runs
export-runs-hand = by hand
export-runs-minutes = every so many minutes
export-runs-cron = by a cron expression
export-minutes = Minutes
export-cron = Cron expression
export-zone = Time zone
export-by-hand = by hand
export-every-minutes = { $count ->
    [one] every minute
   *[other] every { $shown } minutes
}
export-make = Make the export
export-state = State
export-active = active
export-paused = paused
export-next = Next run
export-run = Run now
export-pause = Pause
export-resume = Resume
export-runs = Latest runs
export-runs-none = It did not run yet.
export-delete = Delete the export…
export-delete-help = The export and the records of its runs are deleted. What it wrote stays at the destination.
export-delete-confirm = Delete the export
run-queued = waiting
run-running = running
run-succeeded = succeeded
run-failed = failed
run-cancelled = cancelled
run-full = all rows
run-changes = changed rows
run-cut = { $count ->
    [one] { $shown } value was cut to the type of its column.
   *[other] { $shown } values were cut to the types of their columns.
}
dataset-contacts = contacts
dataset-identifiers = identifiers
dataset-devices = devices
dataset-orders = orders
dataset-orderItems = order items
dataset-events = events
dataset-contact_merges = merges
dataset-visitors = visitors
dataset-page_views = page views
dataset-segments = segments
dataset-segment_members = segment members
dataset-contacts_custom = custom fields of contacts

home-failures = Needs a look
home-import-failed = The import of { $at } failed.
home-import-undecided = The import of { $at } stopped at damaged columns.
home-export-failed = The latest run of the export “{ $name }” failed.
home-all-merges = All merges
review-title = Merges to review
review-help = The latest merges first. An undo shows what would go back before anything changes.
review-survivor = Contact
review-absorbed = Absorbed
review-forced = An external ID or a limit was overruled.
graph-title = Identity graph
graph-table = The graph as a table
graph-node = What
graph-of = Belongs to
graph-contact = contact
graph-absorbed = absorbed contact
graph-visitor = visitor
graph-visitor-of = visitor { $identifier }
graph-identifier = identifier
graph-hidden = hidden identifier
graph-left-out = { $count ->
    [one] { $shown } more has no place in the picture.
   *[other] { $shown } more have no place in the picture.
}

settings-policy = Policy
settings-sites = Sites
settings-fields = Fields
policy-help = These rules decide who is one person. They are changed by the API.
policy-on = on
policy-off = off
policy-none = none
policy-for-ever = for ever
policy-seconds = { $count ->
    [one] { $shown } second
   *[other] { $shown } seconds
}
policy-days = { $count ->
    [one] { $shown } day
   *[other] { $shown } days
}
policy-merge = Merge contacts without an external ID
policy-merge-text = A contact without an external ID is absorbed when a request brings its email or phone together with somebody else’s identifiers (rule 6).
policy-merge-example = Example: an order by ann@example.com, later a sign-up with the same email and customer number: one contact.
policy-shared = External IDs until an identifier is shared
policy-shared-text = An email or phone that was seen with so many different external IDs belongs to several people, and is no evidence any more (rule 8).
policy-shared-example = Example: the phone of a shop assistant, typed for three customers, merges none of them.
policy-blocked = Blocked values
policy-blocked-text = Values that everybody types never match (rule 8).
policy-blocked-example = Example: test@test.com and +380000000000 lead to nobody.
policy-strict = Refuse requests with an unreadable identifier
policy-strict-text = When on, a request is refused when any of its identifiers cannot be read, also beside a usable one (rule 8).
policy-strict-example = Example: an order with an external ID and the email “none”.
policy-region = Country of phones without a country code
policy-region-text = Phone numbers without a plus are read as numbers of this country; without a country they are refused.
policy-region-example = Example: with UA, 050 123 45 67 is +380501234567.
policy-seen = Precision of “last seen”
policy-seen-text = The time when an identifier was last seen is updated when so much time has passed (rule 9).
policy-seen-example = Example: with an hour, ten page views in a row update it once.
policy-retention = Events are kept
policy-retention-text = Events that are older are deleted.
policy-retention-example = Example: with 365 days, an event of two years ago is refused.
policy-limits = Identifiers per contact
policy-limits-text = A contact keeps more than these without matching by them (rule 8).
sites-help = A site is a web shop or an app whose pages record events with a public key.
sites-none = There are no sites yet. The operator of the server makes one:
site-snippet = Put this into the head of every page
fields-none = There are no custom fields. They are made by the API.
fields-name = Name
fields-key = Key
fields-type = Type
fields-identifying = Identifies
fields-archived = Archived
categories-title = Subscription categories
categories-none = There are no subscription categories.
