//! What a column holds by its title: in English, Ukrainian and Russian, and as the vendor's exports have it (wire fact).

use super::target::Target;
use crate::CustomField;

/// Titles without blanks, punctuation and apostrophes, in small letters.
const TITLES: [(Target, &[&str]); 17] = [
    (
        Target::ExternalId,
        &[
            "externalcustomerid",
            "externalid",
            "externaluserid",
            "extid",
            "customerid",
            "customernumber",
            "customercode",
            "userid",
            "clientid",
            "зовнішнійid",
            "зовнішнійідентифікатор",
            "idклієнта",
            "ідентифікаторклієнта",
            "кодклієнта",
            "номерклієнта",
            "idкористувача",
            "внешнийid",
            "внешнийидентификатор",
            "idклиента",
            "кодклиента",
            "номерклиента",
        ],
    ),
    (Target::Id, &["contactid", "idконтакту", "idконтакта"]),
    (
        Target::Email,
        &[
            "email",
            "emailaddress",
            "mail",
            "useremail",
            "contactemail",
            "електроннапошта",
            "електроннаадреса",
            "пошта",
            "емейл",
            "імейл",
            "мейл",
            "электроннаяпочта",
            "элпочта",
            "елпошта",
            "почта",
            "емайл",
        ],
    ),
    (
        Target::Phone,
        &[
            "sms",
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "cell",
            "cellphone",
            "tel",
            "telephone",
            "userphone",
            "телефон",
            "номертелефону",
            "мобільний",
            "мобільнийтелефон",
            "мобільнийномер",
            "смс",
            "номертелефона",
            "мобильный",
            "мобильныйтелефон",
        ],
    ),
    (Target::Viber, &["viber", "вайбер"]),
    (
        Target::MobilePush,
        &["mobilepush", "mobilepushtoken", "mobpushtoken", "pushtoken"],
    ),
    (Target::WebPush, &["webpush", "webpushtoken"]),
    (Target::DeviceId, &["deviceid"]),
    (Target::FirstName, &["firstname", "givenname", "forename", "імя", "имя"]),
    (
        Target::LastName,
        &["lastname", "surname", "familyname", "secondname", "прізвище", "фамилия"],
    ),
    (Target::ContactKey, &["contactkey"]),
    (
        Target::Language,
        &[
            "languagecode",
            "language",
            "lang",
            "locale",
            "мова",
            "кодмови",
            "язык",
            "кодязыка",
        ],
    ),
    (Target::TimeZone, &["timezone", "tz", "часовийпояс", "часовойпояс"]),
    (
        Target::Region,
        &["region", "state", "province", "область", "регіон", "регион"],
    ),
    (Target::Town, &["town", "city", "місто", "населенийпункт", "город"]),
    (
        Target::Address,
        &[
            "address",
            "street",
            "streetaddress",
            "адреса",
            "вулиця",
            "адрес",
            "улица",
        ],
    ),
    (
        Target::Postcode,
        &[
            "postcode",
            "postalcode",
            "zip",
            "zipcode",
            "індекс",
            "поштовийіндекс",
            "индекс",
            "почтовыйиндекс",
        ],
    ),
];

/// Titles of segments, which only our own exports have.
const GROUPS: [&str; 4] = ["groups", "segments", "сегменти", "сегменты"];

/// What a column of this title most likely holds. A bare `id` is anybody's, and a contact ID only where contacts are recognised by it.
pub(super) fn target(title: &str, by_id: bool, fields: &[CustomField]) -> Option<Target> {
    // A member of a contact, or a custom field by its key.
    if let Some(target) = Target::parse(title, fields).filter(|target| *target != Target::Id || by_id) {
        return Some(target).filter(|target| *target != Target::Telegram || title == "telegram");
    }
    let plain = plain(title);
    if let Some((target, _)) = TITLES.iter().find(|(_, titles)| titles.contains(&plain.as_str())) {
        return Some(*target);
    }
    if GROUPS.contains(&plain.as_str()) {
        return Some(Target::Groups);
    }
    let mut named = fields
        .iter()
        .filter(|field| !field.archived && self::plain(&field.name) == plain);
    match (named.next(), named.next()) {
        (Some(field), None) if !plain.is_empty() => Some(Target::Field(field.id)),
        _ => None,
    }
}

/// Letters and digits alone, in small letters.
fn plain(title: &str) -> String {
    title
        .chars()
        .filter(|char| char.is_alphanumeric() && !matches!(char, '\u{2bc}' | '\u{2b9}'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_three_languages_are_known() {
        for (title, expected) in [
            ("External ID", Target::ExternalId),
            ("externalCustomerId", Target::ExternalId),
            ("E-mail", Target::Email),
            ("SMS", Target::Phone),
            ("Телефон", Target::Phone),
            ("Ім'я", Target::FirstName),
            ("Ім\u{2019}я", Target::FirstName),
            ("Ім\u{2bc}я", Target::FirstName),
            ("Прізвище", Target::LastName),
            ("First name", Target::FirstName),
            ("Language code", Target::Language),
            ("Contact ID", Target::Id),
            ("Город", Target::Town),
            ("field:7", Target::Field(crate::FieldId(7))),
        ] {
            assert_eq!(target(title, false, &[]), Some(expected), "{title}");
        }
        for title in ["", "id", "Name", "Comment", "telegrams"] {
            assert_eq!(target(title, false, &[]), None, "{title}");
        }
        assert_eq!(target("ID", true, &[]), Some(Target::Id));
    }
}
