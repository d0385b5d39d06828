//! Second factors, and accounts of identity providers.

use crate::error::{is_taken, translate};
use crate::rows;
use crate::store::PostgresStore;
use crate::users::read_user;
use async_trait::async_trait;
use selfsame_application::ports::{
    LinkedIdentity, SecondFactor, SecondFactors, StorageError, StoredUser, UserIdentities,
};
use selfsame_domain::{Timestamp, UserId, WorkspaceId};
use uuid::Uuid;

const SECOND_FACTOR: &str = "
    SELECT secret, confirmed_at,
           (SELECT count(*) FROM recovery_codes r WHERE r.user_id = f.user_id) AS recovery_codes
    FROM second_factors f
    WHERE user_id = $1";

const BEGIN: &str = "
    INSERT INTO second_factors AS f (user_id, secret, last_step) VALUES ($1, $2, 0)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret
    WHERE f.confirmed_at IS NULL";

const CONFIRM: &str = "
    UPDATE second_factors SET confirmed_at = $3, last_step = $4
    WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL";

const TAKE_STEP: &str = "
    UPDATE second_factors SET last_step = $2
    WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";

const WITH_FACTOR: &str = "
    SELECT f.user_id
    FROM members m
    JOIN second_factors f ON f.user_id = m.user_id
    WHERE m.workspace_id = $1 AND f.confirmed_at IS NOT NULL";

const BY_IDENTITY: &str = "
    SELECT u.user_id, u.email, u.created_at, u.password
    FROM user_identities i
    JOIN users u ON u.user_id = i.user_id
    WHERE i.issuer = $1 AND i.subject = $2";

#[derive(Debug, sqlx::FromRow)]
struct FactorRow {
    secret: Vec<u8>,
    confirmed_at: Option<Timestamp>,
    recovery_codes: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct StoredUserRow {
    user_id: Uuid,
    email: String,
    created_at: Timestamp,
    password: String,
}

#[async_trait]
impl SecondFactors for PostgresStore {
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StorageError> {
        let found: Option<FactorRow> = sqlx::query_as(SECOND_FACTOR)
            .bind(user.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        let read = |row: FactorRow| {
            let corrupt = |_| rows::corrupt("recovery_codes", "count", &user.0);
            Ok(SecondFactor {
                secret: row.secret,
                confirmed_at: row.confirmed_at,
                recovery_codes: u64::try_from(row.recovery_codes).map_err(corrupt)?,
            })
        };
        found.map(read).transpose()
    }

    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StorageError> {
        let done = sqlx::query(BEGIN)
            .bind(user.0)
            .bind(secret)
            .execute(self.pool())
            .await
            .map_err(translate)?;
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
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let done = sqlx::query(CONFIRM)
                .bind(user.0)
                .bind(secret)
                .bind(at)
                .bind(step)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query("INSERT INTO recovery_codes (user_id, digest) SELECT $1, digest FROM unnest($2::bytea[]) AS codes (digest)")
                .bind(user.0)
                .bind(recovery_codes)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            transaction.commit().await.map_err(translate)?;
            Ok(true)
        })
        .await
    }

    async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StorageError> {
        let done = sqlx::query(TAKE_STEP)
            .bind(user.0)
            .bind(step)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn take_recovery_code(&self, user: UserId, digest: &[u8]) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2")
            .bind(user.0)
            .bind(digest)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            // The factor first: its row is the lock that a confirmation takes, too.
            let done = sqlx::query("DELETE FROM second_factors WHERE user_id = $1")
                .bind(user.0)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
                .bind(user.0)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            transaction.commit().await.map_err(translate)?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    async fn users_with_second_factor(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let found: Vec<Uuid> = sqlx::query_scalar(WITH_FACTOR)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        Ok(found.into_iter().map(UserId).collect())
    }
}

#[async_trait]
impl UserIdentities for PostgresStore {
    async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredUser>, StorageError> {
        let found: Option<StoredUserRow> = sqlx::query_as(BY_IDENTITY)
            .bind(issuer)
            .bind(subject)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        let read = |row: StoredUserRow| {
            Ok(StoredUser {
                user: read_user(row.user_id, &row.email, row.created_at)?,
                password: row.password.into(),
            })
        };
        found.map(read).transpose()
    }

    async fn link_identity(
        &self,
        user: UserId,
        issuer: &str,
        subject: &str,
        at: Timestamp,
    ) -> Result<LinkedIdentity, StorageError> {
        let inserted =
            sqlx::query("INSERT INTO user_identities (issuer, subject, user_id, linked_at) VALUES ($1, $2, $3, $4)")
                .bind(issuer)
                .bind(subject)
                .bind(user.0)
                .bind(at)
                .execute(self.pool())
                .await;
        match inserted {
            Ok(_) => Ok(LinkedIdentity::Linked),
            Err(error) if is_taken(&error) => {
                let owner = self.user_by_identity(issuer, subject).await?;
                let is_own = owner.is_some_and(|owner| owner.user.id == user);
                Ok(if is_own {
                    LinkedIdentity::Linked
                } else {
                    LinkedIdentity::Taken
                })
            }
            Err(error) => Err(translate(error)),
        }
    }
}
