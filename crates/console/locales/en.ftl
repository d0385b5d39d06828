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
