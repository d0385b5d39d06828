//! People who work in the console: what they may do, how they sign in, and what is written down about it.

mod audit;
mod password;
mod role;
mod second_factor;
mod session;

pub use audit::{AuditAction, AuditEntry};
pub use password::{Password, PasswordProblem};
pub use role::{Permission, Role};
pub use second_factor::{
    RECOVERY_CODES, RecoveryCode, SIGN_IN_LIFETIME, SecondFactorCode, TOTP_SKEW, TOTP_STEP_SECONDS,
};
pub use session::{INVITATION_LIFETIME, SESSION_IDLE, SESSION_LIFETIME, is_session_over};
