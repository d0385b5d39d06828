//! People who work in the console: what they may do, how they sign in, and what is written down about it.

mod audit;
mod password;
mod role;
mod session;

pub use audit::{AuditAction, AuditEntry};
pub use password::{Password, PasswordProblem};
pub use role::{Permission, Role};
pub use session::{INVITATION_LIFETIME, SESSION_IDLE, SESSION_LIFETIME, is_session_over};
