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
builder-estimate = About { $count }, give or take { $margin }. This is an estimate from a sample.
builder-count = Count exactly
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
policy-help = These rules decide who is one person. A change decides requests that come after it; contacts are not looked at again.
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
sites-none = There are no sites yet.
site-snippet = Put this into the head of every page
fields-none = There are no custom fields yet.
fields-name = Name
fields-key = Key
fields-type = Type
fields-identifying = Identifies
fields-archived = Archived
categories-title = Subscription categories
categories-none = There are no subscription categories.

date-day = { $day } { $month }
chart-table = The chart as a table
chart-day = Day
home-chart = New and merged contacts of the last 30 days (UTC)
home-chart-none = No contacts were created or merged in the last 30 days.
home-new = New
home-merged = Merged
home-shared = { $count ->
    [one] { $shown } identifier is shared by several external IDs and does not match.
   *[other] { $shown } identifiers are shared by several external IDs and do not match.
}
home-shared-or-more = { $count ->
    [one] { $shown } or more identifiers are shared by several external IDs and do not match.
   *[other] { $shown } or more identifiers are shared by several external IDs and do not match.
}
home-quarantined = { $count ->
    [one] { $shown } identifier is quarantined: its contact holds too many of its kind.
   *[other] { $shown } identifiers are quarantined: their contacts hold too many of their kinds.
}
home-quarantined-or-more = { $count ->
    [one] { $shown } or more identifiers are quarantined.
   *[other] { $shown } or more identifiers are quarantined.
}
review-merges = Merges to review
review-shared = Shared identifiers
review-quarantined = Quarantined identifiers
review-identifier = Identifier
review-shared-help = An email, a phone or another identifier that was seen with { $count } or more external IDs belongs to several people. It stays with its contacts and does not match (rule 8).
review-shared-none = No identifier is shared.
review-quarantined-help = A contact keeps more identifiers of a kind than the policy allows without matching by them (rule 8). Split the contact by undoing a merge, or raise the limit in the policy and let the identifier match again.
review-quarantined-none = No identifier is quarantined.
review-external-ids = External IDs
review-is-shared = shared, does not match
review-is-shared-text = { $count ->
    [one] It was seen with { $shown } external ID and does not match.
   *[other] It was seen with { $shown } external IDs and does not match.
}
review-is-blocked-text = It is on the list of blocked values and never matches.
review-removed = removed
review-holders = Contacts that hold it
review-holders-none = No contact holds it now.
review-reevaluate = Match again
review-unchanged = Nothing was changed.
review-merge-holders = Merge two of them
review-decide = Decide
review-unshare = It belongs to one person
review-unshare-help = The external IDs that it was seen with are forgotten, and it matches again. It becomes shared anew when it is seen with too many.
review-block = It belongs to nobody
review-block-help = It is put on the list of blocked values of the policy and never matches. This is for values such as test@test.com and the phone of the call centre.
merge-title = Merge two contacts
merge-help = The contact that stays keeps its values; its blanks are filled from the other one. The ID of the other one goes on answering.
merge-with = Merge with another contact…
merge-survivor = Stays
merge-absorbed-contact = Is absorbed
merge-preview = Preview
merge-swap = The other way round
merge-force = Merge nevertheless: both are the same person.
merge-result = Identifiers, segments and history of the absorbed contact become those of the other one. The merge can be undone.
merge-confirm = Merge the contacts
effect-unshared = The { $identifier } is evidence again: somebody decided that it belongs to one person (rule 8).
action-contacts-merged = merged two contacts
action-identifier-reevaluated = let a quarantined identifier match again
action-identifier-unshared = made a shared identifier evidence again
action-policy-changed = changed the policy
action-webhook-created = made a webhook
action-webhook-changed = changed a webhook
action-webhook-replayed = sent messages of a webhook again
action-webhook-deleted = deleted a webhook
action-field-created = made a custom field
action-field-changed = changed a custom field
action-category-created = made a subscription category
action-category-changed = changed a subscription category
action-site-created = made a site
action-site-changed = changed a site
action-site-deleted = deleted a site
action-signing-secret-made = made a signing secret
reason-contact-not-found = the contact does not exist or was removed
reason-external-id-held = the external ID belongs to somebody else: { $contact }
reason-no-identifier = the request names no identifier: send an external ID, an email, a phone, a token or a device ID
reason-cookie-alone = a cookie alone makes a visitor and no contact: send it together with another identifier
reason-segment-not-found = the segment does not exist
reason-segment-is-dynamic = the segment is dynamic: its conditions decide who is in it
reason-segment-is-static = the segment is a list and has no conditions
reason-unknown-segment-in-formula = the conditions name a segment that does not exist
reason-segment-cycle = the segment would be inside itself, by way of { $names }
reason-segment-in-use = the segment is named by the conditions of { $names }
reason-segment-of-category = the segment belongs to a subscription category: rename or archive that
reason-too-many-segments = a workspace has at most { $limit } dynamic segments
reason-category-not-found = the subscription category does not exist or is archived
reason-field-not-found = the custom field does not exist
reason-invalid-field = { $member } { $reason }
reason-field-not-identifying = the custom field does not identify contacts
reason-no-dedupe-value = the contact has neither an external ID nor a value of the field by which contacts are recognised
reason-events-are-kept = deleting events is off in the policy
reason-event-too-old = the event happened more than { $days } days ago; this workspace keeps none that old
reason-dated-ahead = the date is more than a day ahead of the server’s time
reason-order-not-found = the order does not exist
reason-order-ambiguous = orders of several shops have this number: send the store, too
reason-orders-are-kept = deleting orders is off in the policy
reason-already-exists = there is one of this name or key already
reason-token-not-found = the token does not exist
reason-same-contact = both numbers name the same contact
reason-different-external-ids = the contacts hold different external IDs
reason-too-many-identifiers = together the contacts hold more than { $limit } identifiers of the kind “{ $kind }”
reason-merge-not-found = the merge does not exist
reason-already-undone = the merge was undone already
reason-changed = the contact has changed since it was read: read it again
reason-duplicated-request = the same request was accepted a moment ago
reason-password-short = must have at least 12 characters.
reason-password-long = must have at most 256 characters.
reason-password-guessable = must not be the email address or one repeated character.
reason-policy-shared = The number of external IDs must be from 2 to 100.
reason-policy-limit = The limit of the kind “{ $kind }” must be from 1 to 10,000.
reason-policy-duplicates = The seconds for repeated requests must be from 0 to 86,400.
reason-policy-seen = The precision of “last seen” must be from 0 to 86,400 seconds.
reason-policy-retention = The days for which events are kept must be from 1 to 36,500.
reason-policy-blocked = A policy has at most 1,000 blocked values.
reason-policy-patterns = A policy has at most 100 patterns of blocked values.

settings-webhooks = Webhooks
settings-health = Health
webhooks-help = A webhook sends each change of a contact to an address of yours, as a signed message in the form of Standard Webhooks.
webhooks-none = There are no webhooks yet.
webhook-url = Address
webhook-kinds = Changes
webhook-kinds-help = Without a choice all are sent, kinds of later releases included.
webhook-all-kinds = all
webhook-state = State
webhook-active = active
webhook-paused = paused: the endpoint failed
webhook-disabled = disabled
webhook-make = Make a webhook
webhook-made = The webhook was made. The secret that signs its messages is shown this once:
webhook-new-secret = The new secret is shown this once. The old one signs beside it for 24 hours:
webhook-url-problem = Give an http or https address with a host and without a user name, password or fragment.
webhook-tried-again = tried again
webhook-pending = Waiting messages
webhook-position = Sent up to revision
webhook-test = Send a test
webhook-test-works = The endpoint took the test: { $answer }
webhook-test-fails = The endpoint did not take the test: { $answer }
webhook-enable = Enable
webhook-disable = Disable
webhook-messages = Messages
webhook-no-messages = There are no messages. Delivered ones are kept for a day, dead ones for 30 days.
webhook-message = Message
webhook-message-state = State
webhook-attempts = Attempts
webhook-answer = Last answer
webhook-again = Send again
webhook-replay-dead = Send the chosen dead messages again
webhook-more = More
webhook-replay-after = Send all changes again after revision
webhook-replay = Send again
webhook-replay-help = The receiver gets changes again that it got before, with the same message IDs.
webhook-replayed = The changes are sent again from there on.
webhook-revived = { $count ->
    [one] { $shown } message is sent again.
   *[other] { $shown } messages are sent again.
}
webhook-rotate = New secret…
webhook-rotate-help = Messages are signed with both secrets for 24 hours, then with the new one alone.
webhook-rotate-confirm = Make a new secret
webhook-delete = Delete the webhook…
webhook-delete-help = The webhook and its messages are deleted, waiting ones included. Nothing is sent any more.
webhook-delete-confirm = Delete the webhook
delivery-all = all
delivery-pending = waiting
delivery-delivered = delivered
delivery-dead = dead: every attempt failed
change-created = created
change-updated = changed
change-removed = removed
change-restored = restored
change-merged = merged into another
change-unmerged = merge undone
change-erased = erased
change-segment_entered = entered a segment
change-segment_left = left a segment
export-widen = Add missing columns…
export-widen-help = The next run adds these columns to the tables at the destination and writes every row again, which takes as long as a first run. Existing columns and their values stay. Columns are never taken away again.
export-widen-confirm = Add the columns and start the run
action-export-widened = added columns to an export

policy-saved = The policy was saved.
policy-duplicates = Refuse repeated requests
policy-duplicates-text = A contact request that is the same as one of the last seconds is refused; 0 turns this off.
policy-duplicates-example = Example: with 60, a form that was sent twice by a double click counts once.
policy-in-seconds = Seconds
policy-in-days = Days; blank for ever
policy-retention-others = Identities of events are kept a day longer. Replies for repeated requests are kept for 24 hours, delivered messages of webhooks for a day and dead ones for 30 days. Contacts, orders and the identity log are kept until they are erased.
policy-delete-events = A key that may record events may also delete them by time.
policy-delete-orders = A key that may send orders may also delete them.
policy-blocked-help = One a line: the kind, a colon and the value. The kind * stands for all, and a value between slashes is a regular expression: email: test@test.com, *: null, email: /noreply@.+/
policy-preview = Preview
policy-preview-help = The preview says what would have been otherwise among the latest thousand decisions. Nothing is saved before.
policy-save = Save the policy
policy-outlook = What would have been otherwise
policy-looked-at = { $count ->
    [one] The latest { $shown } decision was looked at.
   *[other] The latest { $shown } decisions were looked at.
}
policy-no-difference = None of them would be otherwise.
policy-examples = Examples
policy-outlook-help = Requests are not stored, so this says of each decision what would be otherwise about it, and not what would follow. The country of phones and the precision of “last seen” make no difference here.
policy-number-problem = Give whole numbers.
policy-region-problem = Give the country as two letters, such as UA.
policy-blocked-problem = Line { $line } of the blocked values cannot be read.
policy-patterns-problem = The patterns of the blocked values are too large together.
difference-stays-apart = A contact that was absorbed would stay apart.
difference-is-merged = A contact that was kept apart would be absorbed.
difference-is-blocked = The identifier that led to the contact would be blocked.
difference-is-unblocked = An identifier that was blocked would match.
difference-is-shared = The identifier that led to the contact would be shared and not match.
difference-is-unshared = An identifier that was shared would match.
difference-is-taken = An identifier that was quarantined would match.
difference-is-young-enough = An event that was too old would be taken.

differences-stays-apart = { $count ->
    [one] { $shown } decision would leave a contact apart that was absorbed
   *[other] { $shown } decisions would leave a contact apart that was absorbed
}

differences-is-merged = { $count ->
    [one] { $shown } decision would absorb a contact that was kept apart
   *[other] { $shown } decisions would absorb a contact that was kept apart
}

differences-is-blocked = { $count ->
    [one] { $shown } decision would not match by an identifier that is blocked then
   *[other] { $shown } decisions would not match by an identifier that is blocked then
}

differences-is-unblocked = { $count ->
    [one] { $shown } decision would match by an identifier that was blocked
   *[other] { $shown } decisions would match by an identifier that was blocked
}

differences-is-shared = { $count ->
    [one] { $shown } decision would not match by an identifier that is shared then
   *[other] { $shown } decisions would not match by an identifier that is shared then
}

differences-is-unshared = { $count ->
    [one] { $shown } decision would match by an identifier that was shared
   *[other] { $shown } decisions would match by an identifier that was shared
}

differences-is-taken = { $count ->
    [one] { $shown } decision would match by an identifier that was quarantined
   *[other] { $shown } decisions would match by an identifier that was quarantined
}

differences-is-young-enough = { $count ->
    [one] { $shown } decision would take an event that was too old
   *[other] { $shown } decisions would take an event that was too old
}

site-lively = Works:
site-quiet = Silent:
site-unseen = The key of this site was not used yet: put the snippet into the pages.
site-seen = last used
site-edit = Edit…
site-origins = Addresses of the pages, one a line
site-origins-help = Such as https://shop.example. An app needs none.
site-unsigned = The public key may name emails, phones and external IDs without a signed token.
site-save = Save
site-delete = Delete the site…
site-delete-help = Its public key opens nothing from then on. What came through it stays.
site-delete-confirm = Delete the site
site-make = Make a site
site-name = Name
site-name-problem = Give the site a name of 1 to 100 characters.
site-origin-problem = Give addresses such as https://shop.example: http or https and a host, without a path or a *.
secrets-title = Signing secrets
secrets-help = Your server signs identity tokens with the newest secret, so that a page may say who is signed in. The one before stays valid.
secrets-none = There is no signing secret yet.
secret-made = The new secret is shown this once:
secret-make = New signing secret…
secret-make-help = Tokens that were signed with the newest secret stay valid, those of older ones do not.
secret-make-confirm = Make a signing secret
fields-make = Make a custom field
fields-group = Group
fields-allowed = Values to choose from, one a line; for choices alone
fields-identifying-help = Imports and bulk calls may recognise contacts by it.
fields-rename = Rename
fields-archive = Archive
fields-restore = Bring back
fields-archive-help = An archived field keeps its values and takes no new ones.
fields-type-problem = Choose a type.
fields-key-problem = Group and key need 1 to 100 characters without dots, and the name at most 255.
fields-name-problem = Give a name of 1 to 255 characters.
fields-allowed-problem = Only choices have values to choose from. Each stands once, and where several are chosen none has a comma.
field-type-textfield = line of text
field-type-textarea = text
field-type-number = whole number
field-type-decimal = decimal number
field-type-date = date
field-type-datetime = date and time
field-type-combobox = choice of one
field-type-checkboxlist = choice of several
field-type-tags = tags
category-make = Make a category
category-problem = Give a key of 1 to 100 characters and a name that can be the name of a segment.
health-version = Selfsame { $version }
health-what = What
health-state = State
health-detail = Detail
health-well = in order
health-look = look at it
health-database = Database
health-answers = answers and takes writes
health-silent = does not answer or takes no writes
health-partitions = Monthly partitions of events
health-partitions-right = every event is in the partition of its month
health-misplaced = { $count ->
    [one] { $shown } event has no partition and is deleted row by row
   *[other] { $shown } events have no partition and are deleted row by row
}
health-misplaced-or-more = { $count ->
    [one] { $shown } or more events have no partition and are deleted row by row
   *[other] { $shown } or more events have no partition and are deleted row by row
}
health-search = Search index
health-behind = is being brought up to date
health-up-to-date = up to date
health-segments = Record of segments
health-revisions = { $count ->
    [one] { $shown } commit behind
   *[other] { $shown } commits behind
}
health-export = Export “{ $name }”
health-export-never = has not finished a run yet
health-webhook = Webhook { $url }
health-messages = { $count ->
    [one] { $shown } waiting message
   *[other] { $shown } waiting messages
}
health-disk = Disk
health-grows = the database can grow
health-full = the database cannot grow: free space on its disk
health-doctor = Check the rules of identity
health-check-help = Looks for broken rules in what is stored, and writes a little to see whether the disk has room. With millions of contacts it takes minutes: use selfsame doctor then.
health-check = Check
health-rules-hold = No rule of identity is broken.
health-rules-broken = Rules of identity are broken. Tell the operator of the server:

segment-history = Counts of the last 30 days (UTC)
segment-history-none = Nobody was in the segment in the last 30 days.
segment-entered = Entered
segment-left = Left

filter-title = Filter by conditions
filter-clear = All contacts
columns-title = Columns
columns-save = Show these columns
contacts-file = Download as CSV
action-contacts-exported = downloaded a list of contacts
explain-title = What would this request do?
explain-help = Paste the body of a call. It is decided on what is stored now, and nothing is written.
explain-unreadable = The request cannot be read:
explain-call = Call
explain-number = Contact ID in the path, for calls that have one
explain-body = Body (JSON)
explain-ask = Show what it would do
explain-would = It would do this
explain-contact = add or update a contact
explain-subscribe = subscribe a contact
explain-update = change a contact by its ID
explain-patch = patch a contact by its ID
explain-bulk = bulk of contacts
explain-order = orders
explain-event = event

sign-in-code-title = Second step
sign-in-code = Code
sign-in-code-help = The six digits that your authenticator app shows now, or a recovery code.
sign-in-code-back = Sign in as another user
error-code = The code is wrong, or was used already. Wait for the next one, or use a recovery code.
error-sign-in-over = The sign-in took too long. Sign in again.
error-no-key = This server has no key to encrypt secrets with. Ask its operator to set SELFSAME_SECRET_KEY.
error-other-key = The key of this server was changed, so codes of authenticator apps cannot be checked. Use a recovery code, or ask an admin to reset your second factor.

second-factor = Second factor
second-factor-about = With a second factor, every sign-in asks for a code of an authenticator app on your phone after the password.
second-factor-open = Set up or turn off the second factor
second-factor-begin = Set up a second factor
second-factor-begin-again = Draw another secret
second-factor-scan = Scan the picture with an authenticator app, then enter the code that the app shows. Until then nothing changes.
second-factor-qr = QR code with the secret; the secret also stands below as text
second-factor-secret = Without a camera, enter this secret in the app:
second-factor-code = Code of the app, six digits
second-factor-confirm = Turn on
second-factor-on-since = The second factor is on since
second-factor-codes-left = { $count ->
    [one] { $shown } recovery code is left.
   *[other] { $shown } recovery codes are left.
}
second-factor-turn-off = Turn off
second-factor-turn-off-help = For new recovery codes, turn the second factor off and set it up again.
second-factor-turned-on = The second factor is on.
second-factor-codes = Keep these recovery codes in a safe place. Each signs you in once when you do not have your phone. They are shown only now:
second-factor-codes-kept = I have kept the codes
second-factor-is-on = on
second-factor-is-off = off
people-reset-second-factor = Reset the second factor
action-second-factor-enabled = second factor turned on
action-second-factor-disabled = second factor turned off
action-second-factor-reset = second factor of another person reset
action-recovery-code-used = signed in or confirmed with a recovery code
action-identity-linked = account of the identity provider linked

sign-in-with = Sign in with { $provider }
error-provider-unreachable = The identity provider cannot be reached. Try again in a moment, or sign in with your password.
error-provider-refused = The identity provider did not sign you in. Try again, or sign in with your password.
error-provider-token = The answer of the identity provider is not valid for this sign-in. Try again; if it stays so, ask the operator of this server to look into its log.
error-email-not-verified = The identity provider does not say that your email address is verified. Verify it there, or sign in with your password.
error-unknown-account = Nobody here has the email address of this account. Ask an admin to invite you.
error-other-account = You sign in here with another account of the identity provider. Choose that one.
