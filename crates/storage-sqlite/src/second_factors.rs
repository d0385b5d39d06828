//! Second factors, and accounts of identity providers.

use crate::error::storage;
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use crate::users::read_user;
use async_trait::async_trait;
use selfsame_application::ports::{
    LinkedIdentity, SecondFactor, SecondFactors, StorageError, StoredUser, UserIdentities,
};
use selfsame_domain::{Timestamp, UserId, WorkspaceId};

const SECOND_FACTOR: &str = "
    SELECT secret, confirmed_at, (SELECT count(*) FROM recovery_codes AS r WHERE r.user_id = f.user_id)
    FROM second_factors AS f WHERE user_id = ?1";

const BEGIN: &str = "
    INSERT INTO second_factors (user_id, secret, last_step) VALUES (?1, ?2, 0)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret WHERE confirmed_at IS NULL";

const CONFIRM: &str = "
    UPDATE second_factors SET confirmed_at = ?3, last_step = ?4
    WHERE user_id = ?1 AND secret = ?2 AND confirmed_at IS NULL";

const TAKE_STEP: &str = "
    UPDATE second_factors SET last_step = ?2
    WHERE user_id = ?1 AND confirmed_at IS NOT NULL AND last_step < ?2";

const WITH_FACTOR: &str = "
    SELECT f.user_id
    FROM members AS m JOIN second_factors AS f ON f.user_id = m.user_id
    WHERE m.workspace_id = ?1 AND f.confirmed_at IS NOT NULL";

const BY_IDENTITY: &str = "
    SELECT u.user_id, u.email, u.created_at, u.password
    FROM user_identities AS i JOIN users AS u ON u.user_id = i.user_id
    WHERE i.issuer = ?1 AND i.subject = ?2";

const LINK: &str = "
    INSERT INTO user_identities (issuer, subject, user_id, linked_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO NOTHING";

const IS_LINKED: &str = "SELECT 1 FROM user_identities WHERE issuer = ?1 AND subject = ?2 AND user_id = ?3";

#[async_trait]
impl SecondFactors for SqliteStore {
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(SECOND_FACTOR).bind(user.0);
        let row = row.fetch_optional(reader.connection()?).map_err(storage)?;
        let read = |row: SqliteRow| {
            let row = Row::new(&row, "second_factors", 0);
            Ok(SecondFactor {
                secret: row.get(0, "secret")?,
                confirmed_at: row.optional_time(1, "confirmed_at")?,
                recovery_codes: row.get(2, "recovery_codes")?,
            })
        };
        row.map(read).transpose()
    }

    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(BEGIN)
            .bind(user.0)
            .bind(secret)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn confirm_second_factor(
        &self,
        user: UserId,
        secret: &[u8],
        at: Timestamp,
        step: i64,
        recovery_codes: &[Vec<u8>],
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(CONFIRM)
            .bind(user.0)
            .bind(secret)
            .bind(micros(at))
            .bind(step)
            .execute(writing.connection()?)
            .map_err(storage)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for digest in recovery_codes {
            statement("INSERT INTO recovery_codes (user_id, digest) VALUES (?1, ?2)")
                .bind(user.0)
                .bind(digest.as_slice())
                .execute(writing.connection()?)
                .map_err(storage)?;
        }
        writing.commit()?;
        Ok(true)
    }

    async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(TAKE_STEP)
            .bind(user.0)
            .bind(step)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn take_recovery_code(&self, user: UserId, digest: &[u8]) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM recovery_codes WHERE user_id = ?1 AND digest = ?2")
            .bind(user.0)
            .bind(digest)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        statement("DELETE FROM recovery_codes WHERE user_id = ?1")
            .bind(user.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        let done = statement("DELETE FROM second_factors WHERE user_id = ?1")
            .bind(user.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn users_with_second_factor(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(WITH_FACTOR).bind(workspace.0);
        let rows = rows.fetch_all(reader.connection()?).map_err(storage)?;
        let read = |row: &SqliteRow| Ok(UserId(Row::new(row, "second_factors", 0).get(0, "user_id")?));
        rows.iter().map(read).collect()
    }
}

#[async_trait]
impl UserIdentities for SqliteStore {
    async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredUser>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(BY_IDENTITY).bind(issuer).bind(subject);
        let row = row.fetch_optional(reader.connection()?).map_err(storage)?;
        let read = |row: SqliteRow| {
            let password: String = Row::new(&row, "users", 0).get(3, "password")?;
            let user = read_user(&row, 0)?;
            let password = password.into();
            Ok(StoredUser { user, password })
        };
        row.map(read).transpose()
    }

    async fn link_identity(
        &self,
        user: UserId,
        issuer: &str,
        subject: &str,
        at: Timestamp,
    ) -> Result<LinkedIdentity, StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(LINK)
            .bind(issuer)
            .bind(subject)
            .bind(user.0)
            .bind(micros(at))
            .execute(writing.connection()?)
            .map_err(storage)?;
        let linked = statement(IS_LINKED)
            .bind(issuer)
            .bind(subject)
            .bind(user.0)
            .fetch_optional(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(linked.map_or(LinkedIdentity::Taken, |_| LinkedIdentity::Linked))
    }
}
