//! The tables as diesel sees them: one declaration for both databases.
//!
//! The types are those that SQLite and PostgreSQL share. Columns that only an index or a sweep needs stand here too;
//! what the columns mean is said in `migrations/`.

diesel::table! {
    access_tokens (digest) {
        digest -> Binary,
        grant_id -> Text,
        refresh_token -> Nullable<Binary>,
        scopes -> Text,
        resource -> Text,
        bound_to -> Nullable<Text>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        first_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    authorization_codes (digest) {
        digest -> Binary,
        grant_id -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        challenge -> Text,
        resource -> Text,
        scopes -> Text,
        issued_at -> BigInt,
        expires_at -> BigInt,
        failed_verifications -> Integer,
        consumed_at -> Nullable<BigInt>,
        bound_to -> Nullable<Text>,
    }
}

diesel::table! {
    browser_sessions (id) {
        id -> Binary,
        user_issuer -> Text,
        user_subject -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        fingerprint -> Nullable<Binary>,
        origin -> Text,
        name -> Nullable<Text>,
        secret_place -> Nullable<Text>,
        secret_digest -> Nullable<Binary>,
        keys -> Nullable<Text>,
        keys_address -> Nullable<Text>,
        redirect_uris -> Text,
        grant_types -> Text,
        scopes -> Text,
        metadata -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        document_fresh_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The same table again, with what decides which clients a flood pushes out: diesel's smaller tables have sixteen columns.
    #[sql_name = "clients"]
    kept_clients (id) {
        id -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        needed_until -> BigInt,
    }
}

diesel::table! {
    consents (id) {
        id -> Binary,
        user_issuer -> Text,
        user_subject -> Text,
        client_id -> Text,
        receiver -> Text,
        scopes -> Text,
        redirect_uris_fingerprint -> Binary,
        given_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        client_id -> Text,
        user_issuer -> Text,
        user_subject -> Text,
        user_account -> Text,
        scopes -> Text,
        resource -> Text,
        upstream_tokens -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        activated_at -> Nullable<BigInt>,
        tokens_end_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    interactions (id) {
        id -> Binary,
        browser -> Binary,
        request -> Nullable<Text>,
        stage -> Text,
        user_issuer -> Nullable<Text>,
        user_subject -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    master_keys (position) {
        position -> BigInt,
        key_id -> Binary,
        noted_at -> BigInt,
    }
}

diesel::table! {
    mcp_sessions (id) {
        id -> Binary,
        user_issuer -> Text,
        user_subject -> Text,
        version -> Text,
        opened_at -> BigInt,
        last_used_at -> BigInt,
    }
}

diesel::table! {
    pending_logins (state) {
        state -> Binary,
        browser -> Binary,
        provider -> Text,
        request -> Nullable<Text>,
        upstream_secrets -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    refresh_tokens (digest) {
        digest -> Binary,
        grant_id -> Text,
        client_id -> Text,
        scopes -> Text,
        resource -> Text,
        bound_to -> Nullable<Text>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        pair_first_used_at -> Nullable<BigInt>,
        rotated_at -> Nullable<BigInt>,
        rotation_key -> Nullable<Binary>,
        next_access_token -> Nullable<Binary>,
        next_refresh_token -> Nullable<Binary>,
    }
}

diesel::table! {
    replay_identifiers (identifier) {
        identifier -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    replica_messages (id) {
        id -> BigInt,
        origin -> Text,
        payload -> Text,
        said_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (generation) {
        generation -> BigInt,
        key_id -> Text,
        algorithm -> Text,
        private_key -> Binary,
        created_at -> BigInt,
        usable_from -> BigInt,
    }
}

diesel::table! {
    users (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        identity -> Text,
        created_at -> BigInt,
        last_login_at -> BigInt,
    }
}

diesel::joinable!(access_tokens -> grants (grant_id));
diesel::joinable!(refresh_tokens -> grants (grant_id));
diesel::allow_tables_to_appear_in_same_query!(access_tokens, refresh_tokens, grants);
