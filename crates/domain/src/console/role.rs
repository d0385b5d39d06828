//! Roles, and what each of them permits.

/// What a person is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, people and keys included.
    Admin,
    /// Contacts, segments and imports.
    Marketer,
    /// Contacts, and correcting who is one person.
    Support,
    /// Reading.
    Viewer,
}

/// What a page of the console needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Reading contacts, their history, and segments.
    Read,
    /// Making, changing and deleting segments.
    EditSegments,
    /// Importing files, and cancelling and undoing imports.
    Import,
    /// Making, changing and deleting connectors and exports, and running exports.
    ManageExports,
    /// Having lists of contacts as files.
    ExportContacts,
    /// Merging contacts by hand, and undoing merges.
    ChangeIdentity,
    /// Making and revoking API keys.
    ManageKeys,
    /// Changing the policy, sites, custom fields, categories and webhooks, and reading the health of the server.
    ManageSettings,
    /// Inviting and removing people, changing their roles, and reading the audit log.
    ManagePeople,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Marketer, Self::Support, Self::Viewer];

    /// Whether a person of this role may do it.
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::EditSegments | Permission::Import | Permission::ExportContacts => {
                matches!(self, Self::Admin | Self::Marketer)
            }
            Permission::ChangeIdentity => matches!(self, Self::Admin | Self::Support),
            Permission::ManageExports
            | Permission::ManageKeys
            | Permission::ManageSettings
            | Permission::ManagePeople => self == Self::Admin,
        }
    }

    /// The stable text of the role, as stored and as written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Marketer => "marketer",
            Self::Support => "support",
            Self::Viewer => "viewer",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_permit_what_their_work_needs() {
        use Permission as P;
        let all = [
            P::Read,
            P::EditSegments,
            P::Import,
            P::ManageExports,
            P::ExportContacts,
            P::ChangeIdentity,
            P::ManageKeys,
            P::ManageSettings,
            P::ManagePeople,
        ];
        let permitted = |role: Role| all.into_iter().filter(|wanted| role.may(*wanted)).collect::<Vec<_>>();
        assert_eq!(permitted(Role::Admin), all);
        assert_eq!(
            permitted(Role::Marketer),
            [P::Read, P::EditSegments, P::Import, P::ExportContacts]
        );
        assert_eq!(permitted(Role::Support), [P::Read, P::ChangeIdentity]);
        assert_eq!(permitted(Role::Viewer), [P::Read]);
    }

    #[test]
    fn texts_of_roles_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_text(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_text("Admin"), None);
    }
}
