//! What every page has around its contents.

use crate::assets;
use crate::browser::{Browser, Theme};
use crate::csrf;
use crate::signed_in::SignedIn;
use crate::texts::{Language, Texts, When};
use selfsame_domain::Timestamp;
use selfsame_domain::console::Permission;

/// A part of the console, as its navigation has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Contacts,
    Segments,
    Settings,
    Account,
}

impl Section {
    /// Its address, and the name of its text.
    fn link(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("/", "nav-home"),
            Self::Contacts => ("/contacts", "nav-contacts"),
            Self::Segments => ("/segments", "nav-segments"),
            Self::Settings => ("/settings/keys", "nav-settings"),
            Self::Account => ("/account", "nav-account"),
        }
    }
}

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) text: String,
    pub(crate) is_current: bool,
}

/// Who is signed in, as the head of a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedInUser {
    pub(crate) email: String,
    pub(crate) workspace: String,
    pub(crate) role: String,
}

/// What every page has around its contents. Templates extend `layout.html`, which reads it from the member `page`.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) texts: Texts,
    pub(crate) title: String,
    pub(crate) theme: Theme,
    /// Path and query of this page, to come back to.
    pub(crate) here: String,
    /// The token of forms; empty on pages without a session.
    pub(crate) csrf: String,
    /// The signed-in user; `None` on pages without a session.
    pub(crate) who: Option<SignedInUser>,
    pub(crate) navigation: Vec<Link>,
}

impl Page {
    /// A page for a signed-in user.
    pub(crate) fn of(signed_in: &SignedIn, section: Section, title: &str) -> Self {
        let (person, texts) = (&signed_in.person, signed_in.browser.texts);
        let mut sections = vec![Section::Home, Section::Contacts, Section::Segments];
        if person.may(Permission::ManageKeys) {
            sections.push(Section::Settings);
        }
        let link = |of: Section| {
            let (href, text) = of.link();
            Link {
                href: href.to_owned(),
                text: texts.get(text),
                is_current: of == section,
            }
        };
        let who = SignedInUser {
            email: person.user.email.to_string(),
            workspace: person.workspace.name.clone(),
            role: texts.get(&format!("role-{}", person.role.as_str())),
        };
        Self {
            csrf: csrf::token(&signed_in.token),
            who: Some(who),
            navigation: sections.into_iter().map(link).collect(),
            ..Self::outside(&signed_in.browser, title)
        }
    }

    /// A page that needs no session.
    pub(crate) fn outside(browser: &Browser, title: &str) -> Self {
        Self {
            texts: browser.texts,
            title: title.to_owned(),
            theme: browser.theme,
            here: browser.here.clone(),
            csrf: String::new(),
            who: None,
            navigation: Vec::new(),
        }
    }

    /// A text of the page's language.
    pub(crate) fn t(&self, name: &str) -> String {
        self.texts.get(name)
    }

    /// A text with one part that varies.
    pub(crate) fn with(&self, name: &str, part: &str, value: &str) -> String {
        self.texts.with(name, part, value)
    }

    /// A text about a number.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    pub(crate) fn count(&self, name: &str, count: &u64) -> String {
        self.texts.count(name, *count)
    }

    /// A point in time.
    pub(crate) fn when(&self, at: &Timestamp) -> When {
        self.texts.when(*at)
    }

    /// The address of a file.
    #[expect(clippy::unused_self, reason = "templates reach what they call by the page")]
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }

    pub(crate) fn language(&self) -> &'static str {
        self.texts.0.tag()
    }

    /// The languages, as a choice.
    pub(crate) fn languages(&self) -> Vec<Choice> {
        let choice = |language: Language| Choice {
            value: language.tag().to_owned(),
            text: language.name().to_owned(),
            is_chosen: language == self.texts.0,
        };
        Language::ALL.map(choice).into()
    }

    /// The themes, as a choice.
    pub(crate) fn themes(&self) -> Vec<Choice> {
        let choice = |theme: Theme| Choice {
            value: theme.as_str().to_owned(),
            text: self.t(&format!("theme-{}", theme.as_str())),
            is_chosen: theme == self.theme,
        };
        Theme::ALL.map(choice).into()
    }

    /// The theme for the style sheet, which has a word for those that were chosen alone.
    pub(crate) fn chosen_theme(&self) -> Option<&'static str> {
        (self.theme != Theme::Auto).then(|| self.theme.as_str())
    }
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) text: String,
    pub(crate) is_chosen: bool,
}
