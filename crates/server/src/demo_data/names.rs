//! Names and towns, by language.

/// A name as people write it, and as it stands in an email address.
pub(super) type Name = (&'static str, &'static str);

/// What the people of a language are called, and where they live.
#[derive(Debug)]
pub(super) struct Locale {
    /// BCP 47.
    pub(super) language: &'static str,
    pub(super) first_names: &'static [Name],
    pub(super) last_names: &'static [Name],
    pub(super) towns: &'static [&'static str],
    /// The beginnings of mobile numbers, with the plus; seven digits follow.
    pub(super) phones: &'static [&'static str],
    /// How many rows of a hundred are of this language.
    pub(super) share: u32,
}

/// Every language; the shares are a hundred together.
pub(super) const LOCALES: [Locale; 4] = [
    Locale {
        language: "uk",
        first_names: &[
            ("Олена", "olena"),
            ("Андрій", "andrii"),
            ("Ірина", "iryna"),
            ("Тарас", "taras"),
            ("Наталія", "nataliia"),
            ("Олег", "oleh"),
            ("Юлія", "yuliia"),
            ("Максим", "maksym"),
            ("Софія", "sofiia"),
            ("Богдан", "bohdan"),
            ("Ганна", "hanna"),
            ("Євген", "yevhen"),
        ],
        last_names: &[
            ("Шевченко", "shevchenko"),
            ("Коваленко", "kovalenko"),
            ("Бондаренко", "bondarenko"),
            ("Мельник", "melnyk"),
            ("Кравчук", "kravchuk"),
            ("Олійник", "oliinyk"),
            ("Поліщук", "polishchuk"),
            ("Ткачук", "tkachuk"),
            ("Марченко", "marchenko"),
            ("Руденко", "rudenko"),
            ("Гайдай", "haidai"),
            ("Їжак", "yizhak"),
        ],
        towns: &["Київ", "Львів", "Одеса", "Харків", "Дніпро", "Полтава", "Чернівці"],
        phones: &["+38050", "+38063", "+38067", "+38095", "+38097"],
        share: 45,
    },
    Locale {
        language: "en",
        first_names: &[
            ("Emma", "emma"),
            ("Liam", "liam"),
            ("Grace", "grace"),
            ("Noah", "noah"),
            ("Chloe", "chloe"),
            ("Ethan", "ethan"),
            ("Isla", "isla"),
            ("Oscar", "oscar"),
            ("Ruby", "ruby"),
            ("Jack", "jack"),
        ],
        last_names: &[
            ("Smith", "smith"),
            ("O'Neill", "oneill"),
            ("Taylor", "taylor"),
            ("Wright", "wright"),
            ("Patel", "patel"),
            ("Hughes", "hughes"),
            ("Baker", "baker"),
            ("Lloyd-Jones", "lloyd-jones"),
            ("Murphy", "murphy"),
            ("Clarke", "clarke"),
        ],
        towns: &["London", "Leeds", "Bristol", "Cardiff", "Glasgow", "Belfast"],
        phones: &["+44740", "+44750", "+44771", "+44785"],
        share: 25,
    },
    Locale {
        language: "pl",
        first_names: &[
            ("Zofia", "zofia"),
            ("Paweł", "pawel"),
            ("Małgorzata", "malgorzata"),
            ("Łukasz", "lukasz"),
            ("Agnieszka", "agnieszka"),
            ("Wojciech", "wojciech"),
            ("Józef", "jozef"),
            ("Kinga", "kinga"),
        ],
        last_names: &[
            ("Nowak", "nowak"),
            ("Wójcik", "wojcik"),
            ("Kaczmarek", "kaczmarek"),
            ("Mazur", "mazur"),
            ("Krawczyk", "krawczyk"),
            ("Dąbek", "dabek"),
            ("Zając", "zajac"),
            ("Szczepaniak", "szczepaniak"),
        ],
        towns: &["Warszawa", "Kraków", "Łódź", "Wrocław", "Poznań", "Gdańsk"],
        phones: &["+4850", "+4860", "+4866", "+4879"],
        share: 20,
    },
    Locale {
        language: "de",
        first_names: &[
            ("Jürgen", "juergen"),
            ("Anke", "anke"),
            ("Björn", "bjoern"),
            ("Käthe", "kaethe"),
            ("Lukas", "lukas"),
            ("Sabine", "sabine"),
            ("Moritz", "moritz"),
            ("Ute", "ute"),
        ],
        last_names: &[
            ("Müller", "mueller"),
            ("Groß", "gross"),
            ("Schäfer", "schaefer"),
            ("Köhler", "koehler"),
            ("Vogel", "vogel"),
            ("Brandt", "brandt"),
            ("Winkler", "winkler"),
            ("Jäger", "jaeger"),
        ],
        towns: &["Berlin", "Köln", "München", "Hamburg", "Leipzig", "Nürnberg"],
        phones: &["+491511", "+491520", "+491601", "+491702"],
        share: 10,
    },
];
