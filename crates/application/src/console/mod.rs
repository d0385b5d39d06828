//! What people do in the console: signing in, inviting others, and changes that are written into the audit log.

mod act;
mod audit;
mod error;
mod exports;
mod identity;
mod imports;
mod invitations;
mod members;
mod passwords;
mod review;
mod second_factor;
mod second_step;
mod secret;
mod sessions;
mod settings;
mod sign_in;
mod simulate;
mod webhooks;

pub use error::ConsoleError;
pub use passwords::{PasswordCost, Passwords};
pub use second_factor::{Enrolment, SecondFactorState};
pub use second_step::{FirstStep, PendingSignIn};
pub use sessions::Person;
pub use sign_in::NewSession;
pub use simulate::PolicySimulation;
