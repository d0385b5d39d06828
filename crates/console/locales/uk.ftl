# Тексти консолі українською. Кожна назва є кожною мовою.

skip = До вмісту
nav-label = Розділи консолі
nav-home = Головна
nav-contacts = Контакти
nav-segments = Сегменти
nav-settings = Налаштування
nav-account = Обліковий запис
language = Мова
theme = Кольори
theme-auto = Як у системі
theme-light = Світлі
theme-dark = Темні
preferences-save = Застосувати
sign-in-title = Вхід
sign-in = Увійти
sign-out = Вийти
email = Email
password = Пароль
cancel = Скасувати
actions = Дії
never = ніколи
pages = Сторінки
page-before = Попередня сторінка
page-next = Наступна сторінка
page-older = Давніші
search = Пошук
search-by = За
search-button = Шукати

number-separator = { "\u00A0" }
date-time = { $day } { $month } { $year } р., { $time } UTC
month-1 = січня
month-2 = лютого
month-3 = березня
month-4 = квітня
month-5 = травня
month-6 = червня
month-7 = липня
month-8 = серпня
month-9 = вересня
month-10 = жовтня
month-11 = листопада
month-12 = грудня

role-admin = адміністратор
role-marketer = маркетолог
role-support = підтримка
role-viewer = глядач

error-back = На першу сторінку
error-sign-in = Спершу увійдіть.
error-not-found = Тут нічого немає.
error-form = Форму не вдалося прочитати. Поверніться й спробуйте ще раз.
error-csrf = Ця форма з іншої сесії або з іншого сайту. Поверніться, оновіть сторінку й спробуйте ще раз.
error-too-many = Забагато спроб. Зачекайте пів хвилини й спробуйте ще раз.
error-unavailable = Сервер зайнятий або не бачить своєї бази даних. Спробуйте за мить.
error-internal = Сервер помилився. Подробиці є в його журналі.
error-credentials = Неправильний email або пароль.
error-no-workspace = Ваш обліковий запис більше не належить до жодного робочого простору. Попросіть адміністратора запросити вас.
error-forbidden = Ваша роль цього не дозволяє. Зверніться до адміністратора робочого простору.
error-last-admin = Робочому простору потрібен адміністратор: спершу призначте іншого.
error-password = Оберіть інший пароль:
error-rejected = У цьому відмовлено:
error-conflict = Щось із такою назвою вже є.

home-title = Головна
home-no-contacts = Контактів ще немає. Вони надходять через API, скрипт відстеження або імпорт.
home-api = API
home-merges = Останні об’єднання

invitation-title = Приєднатися до робочого простору
invitation-to = Вас запрошено до
invitation-accept = Приєднатися
invitation-known = Якщо у вас уже є обліковий запис, введіть його пароль.
password-help = { $count ->
    [one] Щонайменше { $shown } символ.
    [few] Щонайменше { $shown } символи.
   *[other] Щонайменше { $shown } символів.
}

account-title = Обліковий запис
account-workspace = Робочий простір
account-switch = Перейти
account-password = Пароль
account-password-current = Поточний пароль
account-password-new = Новий пароль
account-password-change = Змінити пароль
account-password-help = Усі інші сесії завершаться.
account-password-changed = Пароль змінено. Усі інші сесії завершено.
account-sessions = Сесії
session-agent = Браузер
session-created = Вхід
session-last-used = Останнє використання
session-this = ця сесія
session-end = Завершити

contacts-title = Контакти
contacts-count = { $count ->
    [one] { $shown } контакт
    [few] { $shown } контакти
   *[other] { $shown } контактів
}
contacts-none = Нікого не знайдено. Ідентифікатори та імена порівнюються повністю.
column-id = ID
column-name = Ім’я
column-updated = Змінено
column-created = Створено
column-source = Джерело
by-anything = будь-чим
by-contact_id = ID контакту
by-external_id = зовнішнім ID
by-email = email
by-phone = телефоном
by-last_name = прізвищем
by-first_name = ім’ям

kind-external_id = зовнішній ID
kind-email = email
kind-phone = телефон
kind-mobile_push = токен mobile push
kind-web_push = токен web push
kind-telegram = токен Telegram
kind-device_id = пристрій
kind-cookie = cookie
kind-field = власне поле
kind-contact_key = ключ контакту

contact-title = Контакт { $id }
contact-numbered = контакт { $id }
contact-erased = стертий контакт
contact-removed = Цей контакт видалено. Запит із його зовнішнім ID або номером поверне його.
contact-parts = Частини цієї сторінки
contact-who = Хто це
contact-identifiers = Ідентифікатори
contact-why = Чому це одна людина
contact-merges = Об’єднання
contact-timeline = Хронологія
contact-no-segments = Контакт не входить до жодного сегмента.
identifiers-none = У контакту немає ідентифікаторів.
identifier-kind = Вид
identifier-value = Значення
identifier-state = Стан
identifier-first-seen = Уперше
identifier-last-seen = Востаннє
identifier-active = порівнюється
identifier-quarantined = у карантині: забагато таких, не порівнюється
identifier-blocked = заблоковане значення, не порівнюється
identifier-hidden = приховано об’єднанням
identifier-brought-by = з контакту { $id }

decision-what = Виклик «{ $call }» { $outcome }.
decision-id = Рішення
decision-rejected = Причина: { $reason }.
outcome-created = створив контакт
outcome-updated = змінив контакт
outcome-restored = повернув видалений контакт
outcome-unchanged = нічого не змінив
outcome-removed = видалив контакт
outcome-erased = стер контакт
outcome-merged = об’єднав два контакти
outcome-unmerged = скасував об’єднання
outcome-unmatched = нікого не знайшов
outcome-rejected = відхилено
rule-contact_id = Його названо за ID контакту.
rule-external_id = Йому належить { $evidence }, а зовнішній ID має одного власника (правило 1).
rule-restore = Його було видалено, і йому належить { $evidence } (правило 2).
rule-adopt = Зовнішній ID запиту не належав нікому; { $evidence } вказав на цей контакт, у якого зовнішнього ID не було (правило 3).
rule-search = Його знайдено за: { $evidence }.
rule-no_match = Нікого не знайдено.
rule-explicit = Це зроблено вручну (правило 10).
rule-without-evidence = Його знайдено за ідентифікатором, запису про який більше немає.

effect-attached = Отримано: { $identifier }.
effect-moved = Перейшло сюди: { $identifier } ({ $contact }). Належить тому, хто користувався останнім (правило 4).
effect-replaced = Більше не належить: { $identifier }.
effect-restated = Показується інакше: { $identifier }.
effect-merged = Увібрано { $contact }.
effect-unmerged = Відокремлено { $contact }, який знову існує сам.
effect-quarantined = Зберігається без порівняння: { $identifier }. Таких більше ніж { $limit } (правило 8).
effect-blocked = Не порівнювалося: { $identifier }. Значення у списку заблокованих (правило 8).
effect-shared = Траплялося з кількома зовнішніми ID і більше не є доказом: { $identifier } (правило 8).
effect-unsubscribed = Відписано: { $identifier }.
effect-resubscribed = Знову підписано: { $identifier }.
effect-kept-apart = { $identifier } має також { $contact }, який лишається окремим: { $reason }
effect-left-out = Пропущено { $identifier }: { $reason }
effect-changed = Змінено: { $attributes }.
effect-skipped = Пропущено { $field }: { $reason }.
effect-visitor-adopted = Перейшла історія анонімного відвідувача (правило 7).
effect-event-waits = Подія чекає, доки стане відомо, чий це ідентифікатор (правило 7).
effect-events-deleted = { $count ->
    [one] Видалено { $shown } подію.
    [few] Видалено { $shown } події.
   *[other] Видалено { $shown } подій.
}
effect-order-deleted = Видалено замовлення { $order }.
effect-segment-added = Додано до сегмента { $id }.
effect-segment-removed = Вилучено з сегмента { $id }.
effect-segment-defined = Змінено визначення сегмента { $id }.
effect-category = Змінено визначення категорії { $id }.
effect-field = Змінено визначення поля { $id }.
effect-other = Зроблено щось інше.
apart-holds-external-id = у нього свій зовнішній ID (правило 1).
apart-disagrees = у нього інший email або телефон (правило 6).
apart-policy-off = робочий простір не об’єднує контакти без зовнішнього ID (правило 6).
apart-undone = їх об’єднання скасували, тож об’єднати можна лише вручну (правило 10).
apart-limit = разом у них було б забагато ідентифікаторів (правило 8).
apart-channel-exists = виклик ніколи не змінює наявний канал.
apart-held-by-other = належить іншому контакту.
apart-only-names = виклик лише називає людей за ним і нікому його не дає.
apart-public-key = публічний ключ нічого не змінює у відомого контакту.
apart-past = подія з минулого нічого не забирає в теперішнього власника (правило 4).
apart-forgotten = тодішнього власника відтоді стерто (правило 4).

merge-absorb_anonymous = У нього були лише мінливі ідентифікатори (правило 5).
merge-absorb_unclaimed = У нього був той самий email або телефон і не було зовнішнього ID (правило 6).
merge-explicit = Об’єднано вручну (правило 10).
merge-evidence = Доказ: { $evidence }.
merge-absorbed = увібрав
merge-undone = скасовано
merge-undo = Скасувати…
merges-none = Об’єднань не було.
undo-title = Скасувати об’єднання
undo-goes-back = Контакт { $id } знову існуватиме сам і отримає назад:
undo-segments = { $count ->
    [one] { $shown } сегмент
    [few] { $shown } сегменти
   *[other] { $shown } сегментів
}
undo-history = Його історія повернеться до нього. Те, що надійшло після об’єднання, лишиться тут. Надалі ці двоє об’єднуються лише вручну.
undo-confirm = Скасувати об’єднання

timeline-all = Усе
timeline-event = Подія
timeline-page_view = Перегляд сторінки
timeline-order = Замовлення
timeline-decision = Рішення
timeline-kind = Показати
timeline-filter = Показати
timeline-none = Показувати нічого.
timeline-order-number = { $order }
timeline-order-items = { $count ->
    [one] { $shown } товар
    [few] { $shown } товари
   *[other] { $shown } товарів
}
order-INITIALIZED = створено
order-IN_PROGRESS = в обробці
order-DELIVERED = доставлено
order-CANCELLED = скасовано
order-ABANDONED_SHOPPING_CART = покинутий кошик

segments-title = Сегменти
segments-count = { $count ->
    [one] { $shown } сегмент
    [few] { $shown } сегменти
   *[other] { $shown } сегментів
}
segments-add = Додати сегмент
segments-new = Новий динамічний сегмент
segments-empty = Сегментів ще немає. Додайте: наприклад, усіх контактів із порожнім зовнішнім ID.
segments-none = Немає сегментів із такою назвою.
segment-name = Назва
segment-kind = Вид
segment-words = Умови
segment-dynamic = Динамічний
segment-dynamic-help = Хто в ньому, щомиті вирішують умови.
segment-list = Список
segment-list-help = Хто в ньому, кажуть API або імпорт.
segment-list-make = Створити список
segment-edit = Змінити
segment-delete = Видалити сегмент
segment-delete-help = Сегмент зникне, його контакти лишаться. Сегмент, на який посилаються умови інших, видалити не можна.
segment-nobody = У цьому сегменті нікого немає.
segment-until = до

builder-join = Контакт підходить
builder-all = коли виконані всі умови
builder-any = коли виконана будь-яка умова
builder-condition = Умова { $number }
builder-field = Поле
builder-choose-field = Оберіть поле
builder-fields = Поля
builder-custom-fields = Власні поля
builder-segments = Сегменти
builder-in-segment = входить до сегмента
builder-not = Умова
builder-holds = виконується
builder-holds-not = не виконується
builder-operator = Порівняння
builder-choose-operator = Оберіть порівняння
builder-value = Значення
builder-days = Днів
builder-least = Від
builder-greatest = До
builder-lines = Значення, по одному в рядку
builder-up = Вище
builder-down = Нижче
builder-copy = Копіювати
builder-remove = Вилучити
builder-add = Додати умову
builder-done = Готово
builder-preview = Переглянути
builder-chosen = Хто підходить зараз
builder-enter = { $count ->
   *[other] + { $shown } увійде
}
builder-leave = { $count ->
   *[other] − { $shown } вийде
}
builder-without-value = «{ $condition }» справджується для частини з них: { $count }.
builder-unchosen = Оберіть поле та порівняння.
builder-no-cards = Додайте умову.
builder-name-problem = Дайте сегменту назву від 1 до 255 символів.
builder-problems = Деякі умови ще неправильні.
builder-text = Умови словами
builder-text-help = Ці умови вкладені, чого картки не показують. Вони пишуться так: External ID is empty and (Email is empty or not in “Staff”).

operator-is-empty = порожнє
operator-is-not-empty = не порожнє
operator-equals = дорівнює
operator-one-of = одне з
operator-contains = містить
operator-starts-with = починається з
operator-ends-with = закінчується на
operator-greater = більше ніж
operator-less = менше ніж
operator-between = між
operator-before = раніше ніж
operator-after = пізніше ніж
operator-in-last-days = за останні дні
operator-in-next-days = у наступні дні
operator-anniversary-within-days = річниця в межах днів

field-contactId = ID контакту
field-externalCustomerId = Зовнішній ID
field-email = Email
field-phone = Телефон
field-deviceId = ID пристрою
field-firstName = Ім’я
field-lastName = Прізвище
field-contactKey = Ключ контакту
field-languageCode = Мова
field-timeZone = Часовий пояс
field-region = Область
field-town = Місто
field-address = Адреса
field-postcode = Поштовий індекс
field-createdAt = Створено
field-updatedAt = Змінено
field-source = Джерело
field-custom = власне поле { $id }

settings-keys = Ключі API
settings-people = Люди
settings-audit = Журнал дій
key-name = Назва
key-secret = Секрет
key-rights = Права
key-state = Стан
key-active = діє
key-revoked = відкликано
key-expired = строк минув
key-last-used = Останнє використання
key-make = Створити ключ
key-made = Секрет нового ключа показується лише цього разу:
key-name-problem = Дайте ключу назву від 1 до 100 символів і права.
key-revoke = Відкликати…
key-revoke-help = Програмам із цим ключем відтоді буде відмовлено. Повернути його не можна.
key-revoke-confirm = Відкликати ключ
rights-full = усе
rights-events = запис подій
rights-events-contacts = події, читання і запис контактів
rights-events-contacts-write = події, запис контактів
rights-messages = лише повідомлення

people-since = Відколи
people-role = Роль
people-role-save = Призначити роль
people-remove = Вилучити
people-self = ви
people-invite = Запросити
people-invitations = Відкриті запрошення
people-anybody = хто має посилання
people-until = до
people-take-back = Відкликати
people-link = Надішліть людині це посилання. Воно показується лише цього разу й відкривається один раз:
people-email-problem = Вкажіть email і роль.

audit-when = Коли
audit-who = Хто
audit-what = Що
audit-object = Над чим
audit-operator = хто керує сервером
action-signed-in = вхід
action-signed-out = вихід
action-session-ended = завершено іншу сесію
action-password-changed = змінено пароль
action-invited = запрошено
action-invitation-revoked = відкликано запрошення
action-joined = приєднання
action-role-changed = змінено роль
action-member-removed = вилучено людину
action-key-created = створено ключ API
action-key-revoked = відкликано ключ API
action-segment-created = створено сегмент
action-segment-changed = змінено сегмент
action-segment-deleted = видалено сегмент
action-merge-undone = скасовано об’єднання
