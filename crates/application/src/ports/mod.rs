//! What use cases need from the outside, one file each.

mod catalog;
mod clock;
mod contacts;
mod history;
mod identity;
mod ids;
mod maintenance;
mod orders;
mod sites;
mod storage;
mod workspaces;

pub use catalog::Catalog;
pub use clock::Clock;
pub use contacts::{
    ContactDetails, ContactFilter, ContactGroup, ContactOrder, ContactQuery, Contacts, Page, SegmentQuery, TokenOwner,
};
pub use history::{EventQuery, History, HistoryOf};
pub use identity::{Holder, Identity, IdentityView, Lookup};
pub use ids::Ids;
pub use maintenance::{Expired, MOST_APART, Maintenance};
pub use orders::{OrderQuery, Orders};
pub use sites::{LIVE_SECRETS, NewSite, SigningSecret, Site, SiteAccess, Sites};
pub use storage::{
    Basis, Commit, Exclusive, PolicyVersion, ReadAnswer, ReadRequest, ReadState, Recorded, Storage, StorageError,
    Written,
};
pub use workspaces::{ApiKey, Credentials, KeyToStore, Workspace, Workspaces};

/// Everything that a storage adapter implements.
pub trait Store: Storage + Contacts + Catalog + Identity + History + Orders + Workspaces + Sites + Maintenance {}

impl<T: Storage + Contacts + Catalog + Identity + History + Orders + Workspaces + Sites + Maintenance> Store for T {}
