//! Rights that a user of `PostgreSQL` lacks.

use crate::place::{NAMES, Place, at, contact, contacts, finish, names};
use selfsame_application::ports::SinkError;
use selfsame_domain::export::Dataset;

/// The statement that grants what is missing.
fn grant(refused: Result<(), SinkError>) -> String {
    match refused {
        Err(SinkError::Denied { grant: Some(grant), .. }) => grant,
        other => panic!("no statement in {other:?}"),
    }
}

async fn write(place: &Place, revision: i64) {
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    run.stage(Dataset::Contacts, vec![contact(1, "Ann")]).await.unwrap();
    finish(run, at(revision), true).await.unwrap();
}

#[tokio::test]
async fn a_missing_right_is_refused_with_the_statement_that_grants_it() {
    let mut place = Place::postgres().await;
    let role = format!("selfsame_exporter_{}", std::process::id());
    let on_database = |what: &str| format!("DO $$ BEGIN EXECUTE format('{what}', current_database()); END $$");
    place
        .run(&format!("CREATE ROLE {role} LOGIN PASSWORD 'exporter'"))
        .await;
    place
        .run(&on_database("REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC"))
        .await;
    place.log_in(&role, "exporter");

    let create = grant(place.check().await);
    assert_eq!(create, format!("GRANT CREATE ON SCHEMA public TO {role}"));
    place.run(&create).await;
    let temporary = grant(place.check().await);
    assert!(temporary.starts_with("GRANT TEMPORARY ON DATABASE "), "{temporary}");
    place.run(&temporary).await;
    assert_eq!(place.check().await, Ok(()));
    write(&place, 5).await;

    // Tables that someone else owns: the right to make tables is needed no more, the rights on the tables are.
    let own = "ALTER TABLE contacts OWNER TO CURRENT_USER; ALTER TABLE _selfsame_watermark OWNER TO CURRENT_USER";
    let lent =
        format!("GRANT ALL ON _selfsame_watermark TO {role}; GRANT SELECT, UPDATE, DELETE ON contacts TO {role}");
    place
        .run(&format!("{own}; {lent}; REVOKE CREATE ON SCHEMA public FROM {role}"))
        .await;
    let insert = grant(place.check().await);
    assert_eq!(
        insert,
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON public.contacts TO {role}")
    );
    assert_eq!(grant(place.begin(1, &[contacts()]).await.map(drop)), insert);
    place.run(&insert).await;
    assert_eq!(place.check().await, Ok(()));
    write(&place, 6).await;
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Ann")]));

    place.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    place
        .run(&on_database("GRANT TEMPORARY ON DATABASE %I TO PUBLIC"))
        .await;
}
