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
segment-edit = Змінити сегмент
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
builder-estimate = Приблизно { $count }, плюс-мінус { $margin }. Це оцінка за вибіркою.
builder-count = Порахувати точно
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
field-emailDomain = Домен email
field-deviceOs = ОС пристрою
field-externalCustomerIdCount = Кількість зовнішніх ID
field-emailCount = Кількість email
field-phoneCount = Кількість телефонів
field-mobilePushCount = Кількість токенів mobile push
field-webPushCount = Кількість токенів web push
field-deviceIdCount = Кількість ID пристроїв
field-telegramCount = Кількість токенів Telegram
field-sharedCount = Кількість спільних ідентифікаторів
field-importId = Імпорт
field-quarantinedCount = Кількість ідентифікаторів у карантині
field-emailStatus = Статус email
field-absorbedCount = Кількість увібраних контактів
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
audit-operator = оператор сервера
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
action-import-started = імпортовано файл
action-import-decided = вирішено щодо пошкоджених стовпців
action-import-cancelled = зупинено імпорт
action-import-undone = скасовано імпорт
action-connector-created = створено підключення
action-connector-changed = змінено підключення
action-connector-deleted = видалено підключення
action-export-created = створено експорт
action-export-changed = призупинено або відновлено експорт
action-export-deleted = видалено експорт
action-export-run = запущено експорт

nav-imports = Імпорт
nav-exports = Експорт
nav-review = Перевірка
error-not-now = У теперішньому стані це неможливо. Оновіть сторінку.
error-file = Файл не вдалося прочитати:
error-too-large = Файл більший, ніж приймає цей сервер.

imports-title = Імпорт
imports-latest = Імпорти за останні 30 днів
imports-none = За останні 30 днів нічого не імпортовано.
import-new = Імпортувати файл
import-file = Файл
import-file-help = CSV, TSV, рядки JSON або перший аркуш файлу XLSX, стиснені gzip чи ні, до { $limit } МБ. Ви побачите, що станеться, перш ніж щось буде записано.
import-upload = Завантажити й переглянути
import-no-file = Оберіть непорожній файл.
import-status = Стан
import-rows = Рядки
import-source-bulk = виклик API
import-source-file = файл
import-dry = лише перевірка: { $status }
import-queued = чекає
import-running = триває
import-needs_decision = потребує рішення
import-finished = завершено
import-failed = не вдався
import-cancelled = зупинено
import-undone = скасовано
import-undoing = скасовується
row-created = створено
row-updated = змінено
row-restored = повернено
row-unchanged = без змін
row-merged = об’єднано
row-rejected = відхилено
rows-count = { $count ->
    [one] { $shown } рядок
    [few] { $shown } рядки
   *[other] { $shown } рядків
}
rows-done = { $count ->
    [one] опрацьовано { $shown } рядок
    [few] опрацьовано { $shown } рядки
   *[other] опрацьовано { $shown } рядків
}
rows-of = { $count ->
    [one] із { $shown } рядка
   *[other] із { $shown } рядків
}

import-preview-title = Попередній перегляд імпорту
import-preview-help = Ще нічого не записано. Файл зберігається годину.
import-form = Формат
import-encoding = Кодування
import-encoding-found = визначити
import-delimiter = Роздільник
import-tab = табуляція
import-refused = З таким вибором файл не імпортувати:
import-damaged = Деякі стовпці пошкоджені. Імпорт зупинився б і спитав: оберіть, що робити з кожним.
import-unique = Контакти впізнаються за
import-unique-either = телефоном, потім email
import-region = Країна телефонів без коду країни
import-region-problem = Вкажіть країну двома літерами, наприклад UA.
import-clears = Порожня клітинка стирає значення контакту
import-restore = Видалені контакти повертаються
import-columns = Стовпці
import-column = Стовпець
import-examples = Приклади
import-target = Куди
import-target-none = нікуди
import-damage = Пошкодження
import-damage-ask = зупинитись і спитати
import-damage-skip = пропустити стовпець
import-damage-accept = узяти як є
import-dates = Порядок дат
import-dates-ask = зупинитись і спитати
import-problem-rows = Рядки: { $rows }.
import-dry-run = Лише перевірка: вирішити кожен рядок і нічого не записувати
import-preview = Переглянути знову
import-count = Порахувати всі рядки
import-run = Імпортувати
import-drop = Відкинути файл
import-totals = Усі рядки
import-totals-part = Час запиту скінчився раніше: тут лише перші рядки. Щоб перевірити всі, імпортуйте з позначкою «Лише перевірка».
import-reasons = Чому рядки було б відхилено
import-first = Перші рядки
import-row = Номер
import-line = Рядок файлу
import-outcome = Результат
import-contact = Контакт
import-why = Чому
import-effects = Що ще
import-note = Примітка

import-title = Імпорт
import-nothing-written = нічого не записується
import-progress = Перебіг
import-rate = { $rate } рядків за секунду
import-heartbeat = { $count ->
    [one] останній поступ { $shown } секунду тому
    [few] останній поступ { $shown } секунди тому
   *[other] останній поступ { $shown } секунд тому
}
import-ended = Кінець
import-refresh = Оновити
import-decide = Пошкоджені стовпці
import-decide-help = Імпорт зупинився до першого записаного рядка. Скажіть, що робити з кожним стовпцем, або зупиніть його зовсім.
import-decide-go = Продовжити
import-key-problem = Має лишитися стовпець, за яким впізнаються контакти.
import-rejects = Відхилені рядки у CSV
import-cancel = Зупинити…
import-cancel-help = Імпортовані рядки лишаться. Інші не будуть розглянуті.
import-cancel-confirm = Зупинити імпорт
import-undo = Скасувати…
import-undo-help = Контакти стануть такими, як до імпорту, разом з об’єднаннями. Створені ним контакти буде видалено. Змінене відтоді лишиться.
import-undo-confirm = Скасувати імпорт
import-rows-title = Рядки
import-rows-all = усі
import-rows-none = Тут немає рядків.
import-kept = Не скасовано, бо змінено відтоді:

target-externalCustomerId = Зовнішній ID
target-id = ID контакту
target-email = Email
target-sms = Телефон
target-viber = Телефон у Viber
target-mobilepush = Токен mobile push
target-webpush = Токен web push
target-telegram = Токен Telegram
target-deviceId = ID пристрою
target-firstName = Ім’я
target-lastName = Прізвище
target-contactKey = Ключ контакту
target-languageCode = Мова
target-timeZone = Часовий пояс
target-region = Область
target-town = Місто
target-address = Адреса
target-postcode = Поштовий індекс
target-groups = Сегменти

damage-shifted = У деяких рядках більше або менше клітинок, ніж у заголовку: значення можуть бути в чужих стовпцях.
damage-error_values = Значення помилок, як-от #N/A чи #####.
damage-formulas = Формули замість значень.
damage-scientific = Числа на зразок 3.8E+11: останні цифри втрачено.
damage-dates = Табличний редактор перетворив ідентифікатори на дати.
damage-empty_fractions = Цілі числа мають порожній дріб, як-от .0.
damage-grouped = Числа з роздільниками тисяч.
damage-text_marks = Значення починаються з апострофа.
damage-negative = Від’ємні числа замість телефонів.
damage-rounded = Довгі числа закінчуються нулями: останні цифри округлено.
damage-lost_zeros = Втрачено нулі на початку.
damage-no_country = У телефонів немає ні плюса, ні коду країни: вкажіть країну.
damage-ambiguous_dates = Дати можна прочитати і з днем, і з місяцем попереду: оберіть порядок.

yes = так
no = ні
exports-title = Експорт
exports-help = Експорт копіює контакти, замовлення та події до бази даних або у файли й підтримує їх актуальними.
exports-none = Експортів ще немає. Спершу створіть підключення, потім експорт до нього.
connectors-title = Підключення
connectors-none = Підключень ще немає. Підключення каже, куди йде експорт.
connector-add = Нове підключення до:
connector-new = Нове підключення: { $kind }
connector-postgres = PostgreSQL
connector-bigquery = BigQuery
connector-file = тека на сервері
connector-name = Назва
connector-kind = Вид
connector-destination = Призначення
connector-host = Хост
connector-port = Порт
connector-database = База даних
connector-user = Користувач
connector-ssl = TLS
connector-project = ID проєкту
connector-dataset = Набір даних
connector-location = Розташування
connector-account = Ключ службового облікового запису (JSON)
connector-endpoint = URL іншого сервера з API BigQuery
connector-directory = Абсолютний шлях
connector-format = Формат файлів
connector-secret-help = Облікові дані зберігаються зашифрованими й більше не показуються.
connector-secret-missing = Введіть нові облікові дані.
connector-make = Створити підключення
connector-check = Перевірити з’єднання
connector-works = З’єднання працює, нічого не бракує.
connector-lacks = Бракує:
connector-grant = Це надасть такий оператор:
connector-rotate = Нові облікові дані
connector-rotate-save = Замінити облікові дані
connector-delete = Видалити підключення…
connector-delete-help = Підключення, яким користується експорт, видалити не можна. Експортоване лишиться.
connector-delete-confirm = Видалити підключення
setting-host = Хост має бути назвою або адресою.
setting-port = Порт має бути від 1 до 65535.
setting-directory = Шлях має бути абсолютним, без «..».
setting-project = Проєкт має бути ID проєкту Google Cloud.
setting-dataset = Набір даних може мати лише літери від A до Z, цифри та підкреслення.
setting-location = Розташування має бути на зразок EU або europe-west1.
setting-endpoint = URL має починатися з http або https, без облікових даних, запиту та фрагмента.
setting-schema = Схема має бути не довша за 63 байти, без скісних рисок, і не системна.
setting-segment = Сегмент може відбирати лише контакти, їхні власні поля, ідентифікатори та пристрої.
setting-password = Пароль задовгий.
setting-account = Ключ має бути JSON службового облікового запису.
setting-account-lacks = У ключі службового облікового запису бракує { $members }.
setting-missing = Не заповнено «{ $field }».
setting-text = «{ $field }» має містити не більше { $most } символів, без керівних символів.
schedule-minutes = Хвилини мають бути цілим числом від 1 до 44640.
schedule-cron = Розклад має бути виразом cron із п’яти полів.
schedule-never = Розклад має збігтися з якимось часом у найближчі роки.
schedule-zone = Часовий пояс має бути назвою на зразок Europe/Kyiv.
export-new = Новий експорт
export-name = Назва
export-connector = Підключення
export-connector-missing = Оберіть підключення.
export-datasets = Що експортується
export-datasets-missing = Оберіть хоча б один набір.
export-external-id = Стовпець зовнішнього ID
export-segment = Лише контакти списку
export-segment-help = Список відбирає контакти, їхні власні поля, ідентифікатори та пристрої.
export-everybody = усі контакти
export-schema = Схема
export-schedule = Запуски
export-runs-hand = вручну
export-runs-minutes = кожні стільки хвилин
export-runs-cron = за виразом cron
export-minutes = Хвилини
export-cron = Вираз cron
export-zone = Часовий пояс
export-by-hand = вручну
export-every-minutes = { $count ->
    [one] кожну { $shown } хвилину
    [few] кожні { $shown } хвилини
   *[other] кожні { $shown } хвилин
}
export-make = Створити експорт
export-state = Стан
export-active = діє
export-paused = призупинено
export-next = Наступний запуск
export-run = Запустити зараз
export-pause = Призупинити
export-resume = Відновити
export-runs = Останні запуски
export-runs-none = Ще не запускався.
export-delete = Видалити експорт…
export-delete-help = Експорт і записи про його запуски буде видалено. Записане в призначенні лишиться.
export-delete-confirm = Видалити експорт
run-queued = чекає
run-running = триває
run-succeeded = успішно
run-failed = не вдався
run-cancelled = зупинено
run-full = усі рядки
run-changes = змінені рядки
run-cut = { $count ->
    [one] { $shown } значення обрізано до типу стовпця.
    [few] { $shown } значення обрізано до типів стовпців.
   *[other] { $shown } значень обрізано до типів стовпців.
}
dataset-contacts = контакти
dataset-identifiers = ідентифікатори
dataset-devices = пристрої
dataset-orders = замовлення
dataset-orderItems = товари замовлень
dataset-events = події
dataset-contact_merges = об’єднання
dataset-visitors = відвідувачі
dataset-page_views = перегляди сторінок
dataset-segments = сегменти
dataset-segment_members = учасники сегментів
dataset-contacts_custom = власні поля контактів

home-failures = Потребує уваги
home-import-failed = Імпорт від { $at } не вдався.
home-import-undecided = Імпорт від { $at } зупинився через пошкоджені стовпці.
home-export-failed = Останній запуск експорту «{ $name }» не вдався.
home-all-merges = Усі об’єднання
review-help = Останні об’єднання вгорі. Скасування спершу показує, що повернеться.
review-survivor = Контакт
review-absorbed = Увібраний
review-forced = Зовнішній ID або обмеження не враховано.
graph-title = Граф ідентичності
graph-table = Граф таблицею
graph-node = Що
graph-of = Належить до
graph-contact = контакт
graph-absorbed = увібраний контакт
graph-visitor = відвідувач
graph-visitor-of = відвідувач { $identifier }
graph-identifier = ідентифікатор
graph-hidden = прихований ідентифікатор
graph-left-out = { $count ->
    [one] Ще { $shown } не вмістився на малюнку.
    [few] Ще { $shown } не вмістилися на малюнку.
   *[other] Ще { $shown } не вмістилося на малюнку.
}

settings-policy = Правила
settings-sites = Сайти
settings-fields = Поля
policy-help = Ці правила вирішують, хто є однією людиною. Зміна діє на запити після неї; наявні контакти не переглядаються.
policy-merge = Об’єднувати контакти без зовнішнього ID
policy-merge-text = Контакт без зовнішнього ID увібрано, коли запит має його email або телефон разом із чужими ідентифікаторами (правило 6).
policy-merge-example = Приклад: замовлення з ann@example.com, згодом реєстрація з тим самим email і номером клієнта: один контакт.
policy-shared = Зовнішніх ID, доки ідентифікатор стане спільним
policy-shared-text = Email або телефон, який траплявся з кількома зовнішніми ID, належить кільком людям і більше не є доказом (правило 8).
policy-shared-example = Приклад: телефон продавця, вказаний для трьох покупців, нікого не об’єднує.
policy-blocked = Заблоковані значення
policy-blocked-text = Значення, які вводять усі, ніколи не порівнюються (правило 8).
policy-blocked-example = Приклад: test@test.com і +380000000000 ні до кого не ведуть.
policy-strict = Відхиляти запити з нечитаним ідентифікатором
policy-strict-text = Якщо увімкнено, запит відхиляється, коли будь-який його ідентифікатор не прочитати, навіть поруч із придатним (правило 8).
policy-strict-example = Приклад: замовлення із зовнішнім ID і email «немає».
policy-region = Країна телефонів без коду країни
policy-region-text = Номери без плюса читаються як номери цієї країни; без країни їх відхиляють.
policy-region-example = Приклад: з UA номер 050 123 45 67 є +380501234567.
policy-seen = Точність часу «востаннє»
policy-seen-text = Час, коли ідентифікатор бачили востаннє, оновлюється, коли минуло стільки часу (правило 9).
policy-seen-example = Приклад: якщо година, десять переглядів поспіль оновлюють його один раз.
policy-retention = Події зберігаються
policy-retention-text = Давніші події видаляються.
policy-retention-example = Приклад: якщо 365 днів, подію дворічної давнини відхилять.
policy-limits = Ідентифікаторів на контакт
policy-limits-text = Понад ці контакт зберігає без порівняння (правило 8).
sites-help = Сайт — це вебмагазин або застосунок, сторінки якого записують події з публічним ключем.
sites-none = Сайтів ще немає.
site-snippet = Вставте це в head кожної сторінки
fields-none = Власних полів ще немає.
fields-name = Назва
fields-key = Ключ
fields-type = Тип
fields-identifying = Ідентифікує
fields-archived = В архіві
categories-title = Категорії підписки
categories-none = Категорій підписки немає.

date-day = { $day } { $month }
chart-table = Діаграма таблицею
chart-day = День
home-chart = Нові та об’єднані контакти за останні 30 днів (UTC)
home-chart-none = За останні 30 днів контактів не створювали й не об’єднували.
home-new = Нові
home-merged = Об’єднані
home-shared = { $count ->
    [one] { $shown } ідентифікатор належить кільком зовнішнім ID і не збігається.
    [few] { $shown } ідентифікатори належать кільком зовнішнім ID і не збігаються.
   *[other] { $shown } ідентифікаторів належать кільком зовнішнім ID і не збігаються.
}
home-shared-or-more = { $count ->
    [one] Спільних ідентифікаторів, які не збігаються: { $shown } або більше.
    [few] Спільних ідентифікаторів, які не збігаються: { $shown } або більше.
   *[other] Спільних ідентифікаторів, які не збігаються: { $shown } або більше.
}
home-quarantined = { $count ->
    [one] { $shown } ідентифікатор у карантині: контакт має забагато таких.
    [few] { $shown } ідентифікатори в карантині: контакти мають забагато таких.
   *[other] { $shown } ідентифікаторів у карантині: контакти мають забагато таких.
}
home-quarantined-or-more = { $count ->
    [one] Ідентифікаторів у карантині: { $shown } або більше.
    [few] Ідентифікаторів у карантині: { $shown } або більше.
   *[other] Ідентифікаторів у карантині: { $shown } або більше.
}
review-merges = Об’єднання для перегляду
review-shared = Спільні ідентифікатори
review-quarantined = Ідентифікатори в карантині
review-identifier = Ідентифікатор
review-shared-help = Email, телефон чи інший ідентифікатор, який траплявся з { $count } або більше зовнішніми ID, належить кільком людям. Він лишається в контактів, але не збігається (правило 8).
review-shared-none = Спільних ідентифікаторів немає.
review-quarantined-help = Ідентифікатори понад ліміт політики контакт зберігає, але вони не збігаються (правило 8). Розділіть контакт, скасувавши об’єднання, або підвищте ліміт у політиці й знову дозвольте збіг.
review-quarantined-none = Ідентифікаторів у карантині немає.
review-external-ids = Зовнішні ID
review-is-shared = спільний, не збігається
review-is-shared-text = { $count ->
    [one] Він траплявся з { $shown } зовнішнім ID і не збігається.
    [few] Він траплявся з { $shown } зовнішніми ID і не збігається.
   *[other] Він траплявся з { $shown } зовнішніми ID і не збігається.
}
review-is-blocked-text = Він у списку заблокованих значень і ніколи не збігається.
review-removed = вилучено
review-holders = Контакти, які його мають
review-holders-none = Зараз його не має жоден контакт.
review-reevaluate = Знову збігатися
review-unchanged = Нічого не змінено.
review-merge-holders = Об’єднати два з них
review-decide = Вирішити
review-unshare = Він належить одній людині
review-unshare-help = Зовнішні ID, з якими він траплявся, буде забуто, і він знову збігатиметься. Він знову стане спільним, якщо трапиться із забагатьма.
review-block = Він не належить нікому
review-block-help = Його буде додано до списку заблокованих значень політики, і він ніколи не збігатиметься. Це для значень на кшталт test@test.com чи телефону кол-центру.
merge-title = Об’єднати два контакти
merge-help = Контакт, що лишається, зберігає свої значення; порожні заповнюються з іншого. ID іншого й далі діятиме.
merge-with = Об’єднати з іншим контактом…
merge-survivor = Лишається
merge-absorbed-contact = Поглинається
merge-preview = Переглянути
merge-swap = Навпаки
merge-force = Усе одно об’єднати: це одна людина.
merge-result = Ідентифікатори, сегменти та історія поглинутого контакту перейдуть до іншого. Об’єднання можна скасувати.
merge-confirm = Об’єднати контакти
effect-unshared = { $identifier } знову є доказом: хтось вирішив, що він належить одній людині (правило 8).
action-contacts-merged = об’єднано два контакти
action-identifier-reevaluated = знову перевірено ідентифікатор у карантині
action-identifier-unshared = спільний ідентифікатор знову став доказом
action-policy-changed = змінено політику
action-webhook-created = створено вебхук
action-webhook-changed = змінено вебхук
action-webhook-replayed = повторно надіслано повідомлення вебхука
action-webhook-deleted = видалено вебхук
action-field-created = створено власне поле
action-field-changed = змінено власне поле
action-category-created = створено категорію підписки
action-category-changed = змінено категорію підписки
action-site-created = створено сайт
action-site-changed = змінено сайт
action-site-deleted = видалено сайт
action-signing-secret-made = створено секрет підпису
reason-contact-not-found = контакту немає або його вилучено
reason-external-id-held = цей зовнішній ID належить іншому: { $contact }
reason-no-identifier = запит не містить ідентифікатора: надішліть зовнішній ID, email, телефон, токен або ID пристрою
reason-cookie-alone = сам cookie створює відвідувача, а не контакт: надішліть його разом з іншим ідентифікатором
reason-segment-not-found = такого сегмента немає
reason-segment-is-dynamic = сегмент динамічний: хто в ньому, вирішують умови
reason-segment-is-static = сегмент є списком і не має умов
reason-unknown-segment-in-formula = умови називають сегмент, якого немає
reason-segment-cycle = сегмент містив би сам себе через { $names }
reason-segment-in-use = сегмент згадано в умовах { $names }
reason-segment-of-category = сегмент належить категорії підписки: перейменуйте або архівуйте її
reason-too-many-segments = у робочому просторі щонайбільше { $limit } динамічних сегментів
reason-category-not-found = категорії підписки немає або її архівовано
reason-field-not-found = такого власного поля немає
reason-invalid-field = { $member }: { $reason }
reason-field-not-identifying = це власне поле не ідентифікує контакти
reason-no-dedupe-value = контакт не має ні зовнішнього ID, ні значення поля, за яким розпізнають контакти
reason-events-are-kept = видалення подій вимкнено в політиці
reason-event-too-old = подія сталася понад { $days } дн. тому; так довго події не зберігаються
reason-dated-ahead = дата більш ніж на день випереджає час сервера
reason-order-not-found = такого замовлення немає
reason-order-ambiguous = замовлення з цим номером є в кількох магазинах: надішліть і магазин
reason-orders-are-kept = видалення замовлень вимкнено в політиці
reason-already-exists = таке ім’я або такий ключ уже є
reason-token-not-found = такого токена немає
reason-same-contact = обидва номери називають той самий контакт
reason-different-external-ids = контакти мають різні зовнішні ID
reason-too-many-identifiers = разом контакти мають понад { $limit } ідентифікаторів виду «{ $kind }»
reason-merge-not-found = такого об’єднання немає
reason-already-undone = об’єднання вже скасовано
reason-changed = контакт змінився відтоді, як його прочитали: прочитайте ще раз
reason-duplicated-request = такий самий запит щойно прийнято
reason-password-short = щонайменше 12 символів.
reason-password-long = щонайбільше 256 символів.
reason-password-guessable = не email-адреса й не один повторений символ.
reason-policy-shared = Кількість зовнішніх ID має бути від 2 до 100.
reason-policy-limit = Ліміт для виду «{ $kind }» має бути від 1 до 10 000.
reason-policy-duplicates = Секунди для повторених запитів мають бути від 0 до 86 400.
reason-policy-seen = Точність «востаннє бачили» має бути від 0 до 86 400 секунд.
reason-policy-retention = Дні зберігання подій мають бути від 1 до 36 500.
reason-policy-blocked = У політиці щонайбільше 1 000 заблокованих значень.
reason-policy-patterns = У політиці щонайбільше 100 шаблонів заблокованих значень.

settings-webhooks = Вебхуки
settings-health = Стан
webhooks-help = Вебхук надсилає кожну зміну контакту на вашу адресу як підписане повідомлення у формі Standard Webhooks.
webhooks-none = Вебхуків ще немає.
webhook-url = Адреса
webhook-kinds = Зміни
webhook-kinds-help = Без вибору надсилаються всі, зокрема види з майбутніх версій.
webhook-all-kinds = усі
webhook-state = Стан
webhook-active = активний
webhook-paused = призупинено: адреса не відповідає
webhook-disabled = вимкнено
webhook-make = Створити вебхук
webhook-made = Вебхук створено. Секрет, яким підписуються повідомлення, показано лише цього разу:
webhook-new-secret = Новий секрет показано лише цього разу. Старий підписуватиме поряд ще 24 години:
webhook-url-problem = Вкажіть адресу http або https із хостом, без імені користувача, пароля та фрагмента.
webhook-tried-again = наступна спроба
webhook-pending = Повідомлення в черзі
webhook-position = Надіслано до ревізії
webhook-test = Надіслати тест
webhook-test-works = Адреса прийняла тест: { $answer }
webhook-test-fails = Адреса не прийняла тест: { $answer }
webhook-enable = Увімкнути
webhook-disable = Вимкнути
webhook-messages = Повідомлення
webhook-no-messages = Повідомлень немає. Доставлені зберігаються день, недоставлені — 30 днів.
webhook-message = Повідомлення
webhook-message-state = Стан
webhook-attempts = Спроби
webhook-answer = Остання відповідь
webhook-again = Надіслати ще раз
webhook-replay-dead = Надіслати вибрані недоставлені ще раз
webhook-more = Ще
webhook-replay-after = Надіслати знову всі зміни після ревізії
webhook-replay = Надіслати ще раз
webhook-replay-help = Одержувач знову отримає зміни, які вже мав, з тими самими ID повідомлень.
webhook-replayed = Зміни надсилаються знову з цього місця.
webhook-revived = { $count ->
    [one] { $shown } повідомлення надсилається знову.
    [few] { $shown } повідомлення надсилаються знову.
   *[other] { $shown } повідомлень надсилаються знову.
}
webhook-rotate = Новий секрет…
webhook-rotate-help = 24 години повідомлення підписуються обома секретами, потім лише новим.
webhook-rotate-confirm = Створити новий секрет
webhook-delete = Видалити вебхук…
webhook-delete-help = Вебхук і його повідомлення буде видалено, зокрема ті, що в черзі. Більше нічого не надсилатиметься.
webhook-delete-confirm = Видалити вебхук
delivery-all = усі
delivery-pending = в черзі
delivery-delivered = доставлено
delivery-dead = не доставлено: усі спроби невдалі
change-created = створено
change-updated = змінено
change-removed = вилучено
change-restored = відновлено
change-merged = об’єднано з іншим
change-unmerged = об’єднання скасовано
change-erased = стерто
change-segment_entered = увійшов до сегмента
change-segment_left = вийшов із сегмента
export-widen = Додати відсутні стовпці…
export-widen-help = Наступний запуск додасть ці стовпці до таблиць призначення й перепише всі рядки, що триватиме як перший запуск. Наявні стовпці та їхні значення лишаються. Стовпці більше не зникають.
export-widen-confirm = Додати стовпці й запустити
action-export-widened = додано стовпці до експорту

policy-saved = Політику збережено.
policy-duplicates = Відмовляти повтореним запитам
policy-duplicates-text = Запит про контакт, такий самий як за останні секунди, відхиляється; 0 вимикає це.
policy-duplicates-example = Приклад: із 60 форма, надіслана двічі подвійним клацанням, рахується раз.
policy-in-seconds = Секунди
policy-in-days = Дні; порожньо — назавжди
policy-retention-others = ID подій зберігаються на день довше. Відповіді для повторених запитів — 24 години, доставлені повідомлення вебхуків — день, недоставлені — 30 днів. Контакти, замовлення та журнал ідентичності зберігаються до стирання.
policy-delete-events = Ключ, який може записувати події, може й видаляти їх за часом.
policy-delete-orders = Ключ, який може надсилати замовлення, може й видаляти їх.
policy-blocked-help = По одному в рядку: вид, двокрапка, значення. Вид * означає всі, а значення між скісними рисками є регулярним виразом: email: test@test.com, *: null, email: /noreply@.+/
policy-preview = Переглянути наслідки
policy-preview-help = Перегляд покаже, що було б інакше серед останньої тисячі рішень. До того нічого не збережеться.
policy-save = Зберегти політику
policy-outlook = Що було б інакше
policy-looked-at = { $count ->
    [one] Переглянуто останнє { $shown } рішення.
    [few] Переглянуто останні { $shown } рішення.
   *[other] Переглянуто останні { $shown } рішень.
}
policy-no-difference = Жодне не було б іншим.
policy-examples = Приклади
policy-outlook-help = Запити не зберігаються, тож тут сказано про кожне рішення, що в ньому було б інакше, а не що сталося б далі. Країна телефонів і точність «востаннє бачили» тут не враховані.
policy-number-problem = Вкажіть цілі числа.
policy-region-problem = Вкажіть країну двома літерами, наприклад UA.
policy-blocked-problem = Рядок { $line } заблокованих значень не читається.
policy-patterns-problem = Шаблони заблокованих значень разом завеликі.
difference-stays-apart = Поглинутий контакт лишився б окремо.
difference-is-merged = Контакт, що лишився окремо, було б поглинуто.
difference-is-blocked = Ідентифікатор, що привів до контакту, було б заблоковано.
difference-is-unblocked = Заблокований ідентифікатор збігався б.
difference-is-shared = Ідентифікатор, що привів до контакту, був би спільним і не збігався б.
difference-is-unshared = Спільний ідентифікатор збігався б.
difference-is-taken = Ідентифікатор у карантині збігався б.
difference-is-young-enough = Завелику за віком подію було б прийнято.

differences-stays-apart = { $count ->
    [one] { $shown } рішення: лишили б окремо поглинутий контакт
    [few] { $shown } рішення: лишили б окремо поглинутий контакт
   *[other] { $shown } рішень: лишили б окремо поглинутий контакт
}

differences-is-merged = { $count ->
    [one] { $shown } рішення: поглинули б контакт, що лишився окремо
    [few] { $shown } рішення: поглинули б контакт, що лишився окремо
   *[other] { $shown } рішень: поглинули б контакт, що лишився окремо
}

differences-is-blocked = { $count ->
    [one] { $shown } рішення: не збіглися б за ідентифікатором, який буде заблоковано
    [few] { $shown } рішення: не збіглися б за ідентифікатором, який буде заблоковано
   *[other] { $shown } рішень: не збіглися б за ідентифікатором, який буде заблоковано
}

differences-is-unblocked = { $count ->
    [one] { $shown } рішення: збіглися б за заблокованим ідентифікатором
    [few] { $shown } рішення: збіглися б за заблокованим ідентифікатором
   *[other] { $shown } рішень: збіглися б за заблокованим ідентифікатором
}

differences-is-shared = { $count ->
    [one] { $shown } рішення: не збіглися б за ідентифікатором, який стане спільним
    [few] { $shown } рішення: не збіглися б за ідентифікатором, який стане спільним
   *[other] { $shown } рішень: не збіглися б за ідентифікатором, який стане спільним
}

differences-is-unshared = { $count ->
    [one] { $shown } рішення: збіглися б за спільним ідентифікатором
    [few] { $shown } рішення: збіглися б за спільним ідентифікатором
   *[other] { $shown } рішень: збіглися б за спільним ідентифікатором
}

differences-is-taken = { $count ->
    [one] { $shown } рішення: збіглися б за ідентифікатором у карантині
    [few] { $shown } рішення: збіглися б за ідентифікатором у карантині
   *[other] { $shown } рішень: збіглися б за ідентифікатором у карантині
}

differences-is-young-enough = { $count ->
    [one] { $shown } рішення: прийняли б завелику за віком подію
    [few] { $shown } рішення: прийняли б завелику за віком подію
   *[other] { $shown } рішень: прийняли б завелику за віком подію
}

site-lively = Працює:
site-quiet = Мовчить:
site-unseen = Ключ цього сайту ще не використовували: додайте код на сторінки.
site-seen = останнє використання
site-edit = Змінити…
site-origins = Адреси сторінок, по одній у рядку
site-origins-help = Наприклад https://shop.example. Застосунку не потрібна.
site-unsigned = Публічний ключ може називати email, телефони й зовнішні ID без підписаного токена.
site-save = Зберегти
site-delete = Видалити сайт…
site-delete-help = Його публічний ключ більше не діятиме. Усе, що надійшло через нього, лишається.
site-delete-confirm = Видалити сайт
site-make = Створити сайт
site-name = Назва
site-name-problem = Дайте сайту назву від 1 до 100 символів.
site-origin-problem = Вкажіть адреси на кшталт https://shop.example: http або https і хост, без шляху та *.
secrets-title = Секрети підпису
secrets-help = Ваш сервер підписує токени найновішим секретом, щоб сторінка могла сказати, хто увійшов. Попередній лишається дійсним.
secrets-none = Секрету підпису ще немає.
secret-made = Новий секрет показано лише цього разу:
secret-make = Новий секрет підпису…
secret-make-help = Токени, підписані найновішим секретом, лишаються дійсними, старішими — ні.
secret-make-confirm = Створити секрет підпису
fields-make = Створити власне поле
fields-group = Група
fields-allowed = Значення на вибір, по одному в рядку; лише для виборів
fields-identifying-help = Імпорт і масові виклики можуть розпізнавати контакти за ним.
fields-rename = Перейменувати
fields-archive = Архівувати
fields-restore = Повернути
fields-archive-help = Архівоване поле зберігає свої значення й не приймає нових.
fields-type-problem = Виберіть тип.
fields-key-problem = Група й ключ мають містити від 1 до 100 символів без крапок, назва — щонайбільше 255.
fields-name-problem = Вкажіть назву від 1 до 255 символів.
fields-allowed-problem = Значення на вибір мають лише вибори. Кожне лише раз, а де вибирають кілька — без коми.
field-type-textfield = рядок тексту
field-type-textarea = текст
field-type-number = ціле число
field-type-decimal = десяткове число
field-type-date = дата
field-type-datetime = дата й час
field-type-combobox = вибір одного
field-type-checkboxlist = вибір кількох
field-type-tags = теги
category-make = Створити категорію
category-problem = Вкажіть ключ від 1 до 100 символів і назву, яка може бути назвою сегмента.
health-version = Selfsame { $version }
health-what = Що
health-state = Стан
health-detail = Подробиці
health-well = гаразд
health-look = перевірте
health-database = База даних
health-answers = відповідає і приймає записи
health-silent = не відповідає або не приймає записів
health-partitions = Місячні розділи подій
health-partitions-right = кожна подія в розділі свого місяця
health-misplaced = { $count ->
    [one] { $shown } подія без розділу, видаляється по рядку
    [few] { $shown } події без розділу, видаляються по рядку
   *[other] { $shown } подій без розділу, видаляються по рядку
}
health-misplaced-or-more = { $count ->
    [one] { $shown } або більше подій без розділу
    [few] { $shown } або більше подій без розділу
   *[other] { $shown } або більше подій без розділу
}
health-search = Пошуковий індекс
health-behind = оновлюється
health-up-to-date = актуальний
health-segments = Запис сегментів
health-revisions = { $count ->
    [one] відстає на { $shown } коміт
    [few] відстає на { $shown } коміти
   *[other] відстає на { $shown } комітів
}
health-export = Експорт «{ $name }»
health-export-never = ще не завершив жодного запуску
health-webhook = Вебхук { $url }
health-messages = { $count ->
    [one] { $shown } повідомлення в черзі
    [few] { $shown } повідомлення в черзі
   *[other] { $shown } повідомлень у черзі
}
health-disk = Диск
health-grows = база даних може зростати
health-full = база даних не може зростати: звільніть місце на диску
health-doctor = Перевірити правила ідентичності
health-check-help = Шукає порушені правила в збереженому й записує трохи, щоб побачити, чи є місце. Із мільйонами контактів це триває хвилини: тоді скористайтеся selfsame doctor.
health-check = Перевірити
health-rules-hold = Жодне правило ідентичності не порушено.
health-rules-broken = Порушено правила ідентичності. Повідомте оператора сервера:

segment-history = Кількість за останні 30 днів (UTC)
segment-history-none = За останні 30 днів у сегменті нікого не було.
segment-entered = Увійшли
segment-left = Вийшли

filter-title = Фільтр за умовами
filter-clear = Усі контакти
columns-title = Стовпці
columns-save = Показати ці стовпці
contacts-file = Завантажити CSV
action-contacts-exported = завантажено список контактів
explain-title = Що зробив би цей запит?
explain-help = Вставте тіло виклику. Його буде вирішено за тим, що збережено зараз, і нічого не запишеться.
explain-unreadable = Запит не читається:
explain-call = Виклик
explain-number = ID контакту в шляху, якщо він є
explain-body = Тіло (JSON)
explain-ask = Показати, що станеться
explain-would = Станеться ось що
explain-contact = додати або змінити контакт
explain-subscribe = підписати контакт
explain-update = змінити контакт за ID
explain-patch = виправити контакт за ID
explain-bulk = пакет контактів
explain-order = замовлення
explain-event = подія

sign-in-code-title = Другий крок
sign-in-code = Код
sign-in-code-help = Шість цифр, які зараз показує ваш застосунок-автентифікатор, або код відновлення.
sign-in-code-back = Увійти під іншим обліковим записом
error-code = Код неправильний або вже використаний. Дочекайтеся наступного або скористайтеся кодом відновлення.
error-sign-in-over = Вхід тривав задовго. Увійдіть ще раз.
error-no-key = На цьому сервері немає ключа, яким шифрують секрети. Попросіть його оператора задати SELFSAME_SECRET_KEY.
error-other-key = Ключ цього сервера змінили, тому коди застосунків перевірити не можна. Скористайтеся кодом відновлення або попросіть адміністратора скинути ваш другий фактор.

second-factor = Другий фактор
second-factor-about = Із другим фактором кожен вхід після пароля потребує коду із застосунку-автентифікатора на вашому телефоні.
second-factor-open = Налаштувати або вимкнути другий фактор
second-factor-begin = Налаштувати другий фактор
second-factor-begin-again = Створити інший секрет
second-factor-scan = Відскануйте зображення застосунком-автентифікатором і введіть код, який він покаже. До того нічого не зміниться.
second-factor-qr = QR-код із секретом; секрет також наведено нижче текстом
second-factor-secret = Якщо камери немає, введіть у застосунку цей секрет:
second-factor-code = Код із застосунку, шість цифр
second-factor-confirm = Увімкнути
second-factor-on-since = Другий фактор увімкнено з
second-factor-codes-left = { $count ->
    [one] Залишився { $shown } код відновлення.
    [few] Залишилося { $shown } коди відновлення.
   *[other] Залишилося { $shown } кодів відновлення.
}
second-factor-turn-off = Вимкнути
second-factor-turn-off-help = Щоб отримати нові коди відновлення, вимкніть другий фактор і налаштуйте його знову.
second-factor-turned-on = Другий фактор увімкнено.
second-factor-codes = Збережіть ці коди відновлення в надійному місці. Кожен із них дає увійти один раз, якщо телефону немає під рукою. Їх показано лише зараз:
second-factor-codes-kept = Коди збережено
second-factor-is-on = увімкнено
second-factor-is-off = вимкнено
people-reset-second-factor = Скинути другий фактор
action-second-factor-enabled = увімкнено другий фактор
action-second-factor-disabled = вимкнено другий фактор
action-second-factor-reset = скинуто другий фактор іншої людини
action-recovery-code-used = використано код відновлення
action-identity-linked = прив’язано обліковий запис постачальника ідентифікації

sign-in-with = Увійти через { $provider }
error-provider-unreachable = Постачальник ідентифікації недоступний. Спробуйте за мить або увійдіть із паролем.
error-provider-refused = Постачальник ідентифікації не підтвердив вхід. Спробуйте ще раз або увійдіть із паролем.
error-provider-token = Відповідь постачальника ідентифікації не підходить до цього входу. Спробуйте ще раз; якщо не допоможе, попросіть оператора сервера переглянути журнал.
error-email-not-verified = Постачальник ідентифікації не підтверджує, що ваш email перевірено. Підтвердьте його там або увійдіть із паролем.
error-unknown-account = Тут ні в кого немає email цього облікового запису. Попросіть адміністратора запросити вас.
error-other-account = Ви входите сюди з іншим обліковим записом цього постачальника. Оберіть його.
